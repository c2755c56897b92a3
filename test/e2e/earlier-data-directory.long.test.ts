import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiClient, Books, eventually, unpackDataDirectory, verifyBooks, whole } from "@flock/harness";
import { loadIdentity } from "@flock/keys";
import { type LocalMesh, natsOf, startLocalMesh } from "@flock/launcher";
import { connectMesh, type Mesh, workerSessions } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import {
  createTestDirectory,
  startTestPostgres,
  type TestDirectory,
  type TestPostgres,
} from "@flock/provision/testing";
import pg from "pg";
import { migrations } from "../../services/ledger/src/migrations/index.js";

const FIXTURES = join(import.meta.dirname, "../fixtures");
/** One for each frozen version; made by `npm run data-directory`. */
const EARLIER = readdirSync(FIXTURES).filter((name) => name.startsWith("data-directory-"));

/** What was in it when it was packed, and stays. */
interface Expected {
  readonly apiKey: string;
  readonly wallets: readonly { readonly code: string; readonly micro: string }[];
  readonly links: readonly { readonly position: string; readonly hash: string }[];
  readonly settlements: readonly { readonly id: string }[];
  readonly payouts: readonly { readonly id: string }[];
}

describe.each(EARLIER)("the data directory of an earlier version, %s,", (name) => {
  const folder = join(FIXTURES, name);
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Expected;
  let directory: TestDirectory;
  let mesh: LocalMesh;
  let connection: Mesh;
  let books: Books;
  /** The worker that it had. */
  let workerId: string;
  beforeAll(async () => {
    directory = await createTestDirectory();
    const dataDir = join(directory.path, "data");
    await unpackDataDirectory(folder, dataDir);
    workerId = (await loadIdentity(join(dataDir, "workers/worker-1.json"))).id;
    mesh = await startLocalMesh({ dataDir, args: ["--workers", "1"] });
    connection = await connectMesh({
      ...natsOf(mesh.state),
      name: "test",
      logger: createLogger("test", "silent"),
      meter: createMetrics("test").meter,
    });
    books = new Books(connection, mesh.state.databaseUrl);
  }, 180_000);
  afterAll(async () => {
    await connection?.close();
    await mesh?.stop();
    await directory?.remove();
  }, 60_000);

  it("opens with this one, with every balance as it was", async () => {
    const balances = await Promise.all(
      expected.wallets.map(async ({ code }) => ({ code, micro: String(await books.balance(code)) })),
    );
    expect(balances).toEqual(expected.wallets);
  });

  it("has its settlements, its payouts and its hash chain, and its books are right", async () => {
    const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);
    const links = "SELECT position::text, encode(hash, 'hex') AS hash FROM ledger.commit_chain";
    const settled = await books.query<{ id: string }>("SELECT job_id AS id FROM ledger.settlements");
    const paid = await books.query<{ id: string }>("SELECT id FROM treasury.payouts WHERE state = 'posted'");
    expect(ids(settled)).toEqual(expect.arrayContaining(ids(expected.settlements)));
    expect(ids(paid)).toEqual(expect.arrayContaining(ids(expected.payouts)));
    expect(await books.query(links)).toEqual(expect.arrayContaining([...expected.links]));
    expect(await verifyBooks(mesh.state.databaseUrl)).toEqual([]);
  });

  it("has its API keys, and goes on: a request is run and settled", async () => {
    const client = new ApiClient(mesh.state.apiUrl, expected.apiKey);
    const { model } = mesh.state;
    const { jobId } = await whole(client.generate({ model, prompt: "Once upon a time", stream: false }));
    expect((await books.settled(jobId)).chargeMicro).toBeGreaterThan(0n);
  }, 60_000);

  it("has its worker, whose key is the wallet that it enrols with now: what it earned is still its own", async () => {
    expect(await workerSessions(connection, workerId)).toHaveLength(1);
    const text = "SELECT code FROM ledger.accounts WHERE code LIKE 'earnings:%'";
    expect(await books.query(text)).toEqual([{ code: `earnings:${workerId}` }]);
  });

  it("agrees with its chain: epochs close again and are anchored, and no payout is halted", async () => {
    const anchored = async () => {
      const text = "SELECT count(*) AS n FROM ledger.epochs WHERE state = 'anchored'";
      return (await books.query<{ n: bigint }>(text))[0]?.n ?? 0n;
    };
    const before = await anchored();
    await eventually("another epoch to be anchored", async () => (await anchored()) > before, {
      timeoutMs: 60_000,
    });
    expect(await books.query("SELECT reason FROM treasury.stops WHERE lifted_at IS NULL")).toEqual([]);
  }, 90_000);
});

/** All that this version knows. */
const LEDGER_MIGRATIONS = Object.keys(migrations);

describe("npm start on a database of another version", () => {
  let directory: TestDirectory;
  let postgres: TestPostgres;
  beforeAll(async () => {
    [directory, postgres] = await Promise.all([createTestDirectory(), startTestPostgres()]);
  }, 60_000);
  afterAll(async () => {
    await postgres?.stop();
    await directory?.remove();
  });

  it.each([
    ["an earlier", ["0001-accounts", "0002-epochs"], "earlier version of FlockOllamas", "--fresh"],
    ["a newer", [...LEDGER_MIGRATIONS, "9999-later"], "newer version of FlockOllamas", "9999-later"],
  ])(
    "says in one sentence that %s one made it, and shows no stack",
    async (which, ran, made, hint) => {
      const url = await postgres.createDatabase();
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query("CREATE SCHEMA ledger; CREATE TABLE ledger.migrations (name text, timestamp text)");
      await client.query("INSERT INTO ledger.migrations SELECT unnest($1::text[]), ''", [ran]);
      const started = startLocalMesh({
        dataDir: join(directory.path, which),
        args: ["--workers", "0", "--no-chain"],
        environment: { DATABASE_URL: url },
      });
      const said = String(
        await started.then(
          () => "it started",
          (error: Error) => error.message,
        ),
      );
      expect(said).toContain(`ledger could not be started: the schema ledger of this database was made by`);
      expect(said).toContain(made);
      expect(said).toContain(hint);
      expect(said).not.toMatch(/^\s*at |"level"|"stack"/m);
      const { rows } = await client.query("SELECT to_regclass('ledger.accounts') AS found");
      expect(rows).toEqual([{ found: null }]);
      await client.end();
    },
    90_000,
  );
});
