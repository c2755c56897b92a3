import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { advisoryLockId } from "@flock/database";
import { createIdentity, type Identity } from "@flock/keys";
import { freePort, REPOSITORY_ROOT } from "@flock/provision";
import {
  createTestDirectory,
  eventually,
  startTestNats,
  startTestPostgres,
  type TestDirectory,
  type TestNats,
  type TestPostgres,
} from "@flock/provision/testing";
import pg from "pg";

/* Services as processes, from built output, that never get what they wait for. */

/** A service tries to reach NATS or a database for a minute: one that ends within this time gave up waiting. */
const AT_ONCE_MS = 5_000;

interface Waiting {
  readonly child: ChildProcess;
  readonly output: () => string;
}

const ADDRESS = "11111111111111111111111111111111";
const TREASURY = {
  SOLANA_RPC_URLS: "http://127.0.0.1:9",
  SOLANA_GENESIS_HASH: ADDRESS,
  LLAMA_MINT: ADDRESS,
};

describe("a service that is stopped while it starts", () => {
  let directory: TestDirectory;
  let postgres: TestPostgres;
  let nats: TestNats;
  let meshKey: Identity;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    directory = await createTestDirectory();
    [postgres, nats] = await Promise.all([startTestPostgres(), startTestNats()]);
    meshKey = await createIdentity(join(directory.path, "mesh-key.json"));
  }, 60_000);
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  afterAll(async () => {
    await Promise.all([postgres?.stop(), nats?.stop()]);
    await directory?.remove();
  });

  async function start(service: string, environment: Readonly<Record<string, string>>): Promise<Waiting> {
    const child = spawn(process.execPath, [join(REPOSITORY_ROOT, "services", service, "dist/main.js")], {
      env: {
        PATH: process.env["PATH"],
        NATS_URL: `nats://127.0.0.1:${await freePort()}`,
        MESH_KEY_FILE: join(directory.path, "mesh-key.json"),
        WORKER_KEY_FILE: join(directory.path, "worker.json"),
        WORKER_MESH_KEYS: meshKey.id,
        TREASURY_KEY_FILE: join(directory.path, "treasury.json"),
        HEALTH_PORT: "0",
        API_PORT: "0",
        API_GRPC_PORT: "0",
        ...TREASURY,
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    return { child, output: () => output };
  }

  async function expectEndAtOnce({ child }: Waiting, signal: NodeJS.Signals): Promise<void> {
    const exited = once(child, "exit");
    const startedAt = performance.now();
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - startedAt).toBeLessThan(AT_ONCE_MS);
  }

  it.each([
    ["router", "SIGTERM"],
    ["router", "SIGINT"],
    ["worker", "SIGTERM"],
    ["ledger", "SIGTERM"],
    ["treasury", "SIGTERM"],
    ["api", "SIGTERM"],
  ] as const)("ends at once: the %s, which waits for NATS, by %s", async (service, signal) => {
    const waiting = await start(service, { DATABASE_URL: await postgres.createDatabase() });
    await eventually("it waits for NATS", () => waiting.output().includes("waiting for NATS"));
    await expectEndAtOnce(waiting, signal);
    expect(waiting.output()).toContain('"state":"stopped"');
    expect(waiting.output()).not.toContain('"level":"fatal"');
  });

  it.each(["ledger", "treasury", "api"])(
    "ends at once: the %s, which waits for its database",
    async (service) => {
      const nowhere = `postgres://u:p@127.0.0.1:${await freePort()}/d`;
      const waiting = await start(service, { DATABASE_URL: nowhere, NATS_URL: nats.url });
      await eventually("it waits for the database", () =>
        waiting.output().includes("waiting for the database"),
      );
      await expectEndAtOnce(waiting, "SIGTERM");
    },
  );

  it("ends at once: the ledger, which waits for another process's migrations", async () => {
    const url = await postgres.createDatabase();
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query("SELECT pg_advisory_lock($1)", [advisoryLockId("flock.migrations.ledger")]);
    const waiting = await start("ledger", { DATABASE_URL: url });
    await eventually("it waits for the lock", async () => {
      const { rowCount } = await other.query(
        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
      );
      return rowCount === 1;
    });
    await expectEndAtOnce(waiting, "SIGTERM");
    await other.end();
  });
});
