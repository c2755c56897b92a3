import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createLogger } from "@flock/observability";
import {
  eventually,
  startTestNats,
  startTestPostgres,
  type TestNats,
  type TestPostgres,
} from "@flock/provision/testing";
import { openLedgerDatabase } from "../src/store/open-database.js";
import { verifyBooks } from "../src/testing.js";
import { connectForTest } from "./ledger-under-test.js";
import { insist, MeshClient } from "./mesh-client.js";

const MAIN = join(import.meta.dirname, "../dist/main.js");
const JOBS = 150;
const FUNDS = 1_000_000n;
const CLIENTS = 16;
const KILLS = 2;

let postgres: TestPostgres;
let nats: TestNats;
let processes: ChildProcess[];

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('not built: run "npm run build" first ("npm test" does so itself)');
  [postgres, nats] = await Promise.all([startTestPostgres(), startTestNats()]);
  processes = [];
}, 120_000);

afterAll(async () => {
  for (const child of processes) child.kill("SIGKILL");
  await nats.stop();
  await postgres.stop();
});

function startLedger(): ChildProcess {
  const env = {
    ...process.env,
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    LOG_LEVEL: "silent",
    HEALTH_PORT: "0",
  };
  // The channel ends the process with this one, whatever becomes of the test.
  const child = spawn(process.execPath, [MAIN], { env, stdio: ["ignore", "ignore", "ignore", "ipc"] });
  processes.push(child);
  return child;
}

describe("a ledger process that is killed again and again", () => {
  it("loses and doubles nothing that was acknowledged", async () => {
    let child = startLedger();
    const client = new MeshClient(await connectForTest(nats.url));
    await insist(() => client.fund("funding", "alice", FUNDS));

    let done = 0;
    const takeJobs = async (_: unknown, index: number) => {
      for (let job = index; job < JOBS; job += CLIENTS) {
        await insist(() => client.hold(`j${job}`, "alice", 100n));
        if (job % 10 === 9) await insist(() => client.failed(`j${job}`, "alice"));
        else await insist(() => client.completed(`j${job}`, "alice", job % 50, `w${job % 3}`));
        done += 1;
      }
    };
    const load = Promise.all(Array.from({ length: CLIENTS }, takeJobs));
    for (let kill = 1; kill <= KILLS; kill++) {
      await eventually("some more jobs are done", () => done >= (JOBS * kill) / (KILLS + 2));
      child.kill("SIGKILL");
      await once(child, "exit");
      if (kill % 2 === 0) {
        await postgres.kill("SIGKILL");
        await postgres.restart();
      }
      child = startLedger();
    }
    await load;

    const db = openLedgerDatabase({ url: postgres.url, logger: createLogger("test", "silent") });
    const one = async (query: string): Promise<bigint> =>
      (await db.pool.query<{ n: bigint }>(query)).rows[0]?.n ?? -1n;
    await eventually(
      "every hold is resolved",
      async () => (await one("SELECT count(*) AS n FROM open_holds")) === 0n,
    );
    expect(await one("SELECT count(*) AS n FROM settlements")).toBe(BigInt((JOBS * 9) / 10));
    const charged = await one("SELECT sum(charge_micro)::bigint AS n FROM settlements");
    const expected = Array.from({ length: JOBS }, (_, job) => (job % 10 === 9 ? 0 : job % 50)).reduce(
      (a, b) => a + b,
      0,
    );
    expect(charged).toBe(BigInt(expected));
    expect(await insist(() => client.balance("wallet:alice"))).toMatchObject({
      postedMicro: FUNDS - charged,
      heldMicro: 0n,
    });

    const transfers = await one("SELECT count(*) AS n FROM transfers");
    await eventually(
      "all transfers are published",
      async () => BigInt((await client.replayed()).transfers) === transfers,
    );
    const { balances } = await client.replayed();
    expect(balances.get("wallet:alice")).toBe(FUNDS - charged);
    expect(await verifyBooks(postgres.url)).toEqual([]);

    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    await client.mesh.close();
    await db.close();
  }, 180_000);
});
