import { setTimeout as delay } from "node:timers/promises";
import { createLogger } from "@flock/observability";
import { startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import { type Generated, sql } from "kysely";
import { advisoryLockId, withAdvisoryLock } from "./advisory-lock.js";
import { type Database, isReady, openDatabase, waitForDatabase } from "./database.js";
import { retryDelayMs, retrying } from "./retrying.js";
import { databaseError, isTransient, sqlStateOf } from "./sql-state.js";

interface Schema {
  counters: { id: Generated<bigint>; value: bigint };
}

const silent = createLogger("database-test", "silent");
let postgres: TestPostgres;
let db: Database<Schema>;

const open = (url = postgres.url, more: object = {}): Database<Schema> =>
  openDatabase<Schema>({
    url,
    applicationName: "database-test",
    schema: "counting",
    logger: silent,
    ...more,
  });

beforeAll(async () => {
  postgres = await startTestPostgres();
  db = open();
  await sql`CREATE SCHEMA counting`.execute(db.kysely);
  await sql`CREATE TABLE counters (id bigint GENERATED ALWAYS AS IDENTITY, value bigint NOT NULL CHECK (value >= 0))`.execute(
    db.kysely,
  );
}, 60_000);

afterAll(async () => {
  await db.close();
  await postgres.stop();
});

describe("a pool", () => {
  it("reads int8, counts and whole numerics as bigint, exactly", async () => {
    const { rows } = await db.pool.query(
      "SELECT 9223372036854775807 AS big, count(*) AS n, (2::numeric ^ 80)::numeric(30, 0) AS whole, 1.5::numeric AS part",
    );
    expect(rows).toEqual([{ big: 2n ** 63n - 1n, n: 1n, whole: 2n ** 80n, part: "1.5" }]);
  });

  it("resolves unqualified names in the service's schema and names itself to the server", async () => {
    const { rows } = await db.pool.query(
      "SELECT current_schema() AS schema, current_setting('application_name') AS app",
    );
    expect(rows).toEqual([{ schema: "counting", app: "database-test" }]);
  });

  it("has a statement that runs too long cancelled, as deadline_exceeded", async () => {
    const impatient = open(undefined, { statementTimeoutMs: 50 });
    const error = await impatient.pool.query("SELECT pg_sleep(10)").catch((thrown) => databaseError(thrown));
    expect(error).toMatchObject({ code: "deadline_exceeded", details: { sqlState: "57014" } });
    await impatient.close();
  });
});

describe("closing a database", () => {
  it("ends its connections, whether they were used through Kysely or not, and again does no harm", async () => {
    for (const query of [
      (one: Database<Schema>) => sql`SELECT 1`.execute(one.kysely),
      (one: Database<Schema>) => one.pool.query("SELECT 1"),
    ]) {
      const one = open();
      await query(one);
      await one.close();
      await one.close();
      expect(one.pool.ended).toBe(true);
    }
  });
});

describe("retrying", () => {
  it("makes concurrent serializable increments add up, whatever was aborted on the way", async () => {
    const { id } = await db.kysely
      .insertInto("counters")
      .values({ value: 0n })
      .returning("id")
      .executeTakeFirstOrThrow();
    const increment = () =>
      retrying(
        db.kysely,
        async (dbTx) => {
          const { value } = await dbTx
            .selectFrom("counters")
            .select("value")
            .where("id", "=", id)
            .executeTakeFirstOrThrow();
          await dbTx
            .updateTable("counters")
            .set({ value: value + 1n })
            .where("id", "=", id)
            .execute();
        },
        { isolationLevel: "serializable", attemptsMax: 50 },
      );
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 5; i++) await increment();
      }),
    );
    const counter = await db.kysely
      .selectFrom("counters")
      .select("value")
      .where("id", "=", id)
      .executeTakeFirst();
    expect(counter).toEqual({ value: 40n });
  });

  it("gives up at once on what repeating cannot cure, and says what it was", async () => {
    let attempts = 0;
    const refused = retrying(db.kysely, async (dbTx) => {
      attempts++;
      await dbTx.insertInto("counters").values({ value: -1n }).execute();
    });
    await expect(refused).rejects.toMatchObject({
      code: "failed_precondition",
      retry: "never",
      details: { sqlState: "23514", constraint: "counters_value_check" },
    });
    expect(attempts).toBe(1);
  });

  it("waits longer with each attempt, never more than a second", () => {
    expect([1, 2, 3, 20].map((attempt) => retryDelayMs(attempt, () => 1))).toEqual([20, 40, 80, 1_000]);
    expect(retryDelayMs(5, () => 0)).toBe(0);
  });
});

describe("withAdvisoryLock", () => {
  it("lets one holder in at a time, across pools", async () => {
    const other = open();
    let inside = 0;
    let most = 0;
    const enter = (pool: Database<Schema>) =>
      withAdvisoryLock(pool.pool, "test", async () => {
        most = Math.max(most, ++inside);
        await pool.pool.query("SELECT pg_sleep(0.01)");
        inside--;
      });
    await Promise.all([enter(db), enter(other), enter(db), enter(other)]);
    expect(most).toBe(1);
    await other.close();
  });

  it("is released when its work fails", async () => {
    await expect(withAdvisoryLock(db.pool, "test", () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    await expect(withAdvisoryLock(db.pool, "test", () => Promise.resolve("in"))).resolves.toBe("in");
    expect(advisoryLockId("test")).not.toBe(advisoryLockId("tess"));
  });
});

describe("errors", () => {
  it.each([
    ["40001", "aborted", true],
    ["40P01", "aborted", true],
    ["57P01", "unavailable", true],
    ["08006", "unavailable", true],
    ["53300", "unavailable", true],
    ["23505", "already_exists", false],
    ["22003", "invalid_argument", false],
    ["42P01", "internal", false],
  ])("SQLSTATE %s is %s (transient: %s)", (code, expected, transient) => {
    const error = Object.assign(new Error("postgres said so"), { code });
    expect(databaseError(error)).toMatchObject({ code: expected, details: { sqlState: code }, cause: error });
    expect(databaseError(error).message).not.toContain("postgres said so");
    expect(isTransient(error)).toBe(transient);
  });

  it("takes a lost connection for unavailable and anything unknown for internal", () => {
    expect(databaseError(new Error("Connection terminated unexpectedly")).code).toBe("unavailable");
    expect(databaseError(Object.assign(new Error("x"), { code: "ECONNREFUSED" })).code).toBe("unavailable");
    expect(databaseError(new TypeError("x")).code).toBe("internal");
    expect(sqlStateOf(Object.assign(new Error("x"), { code: "ECONNREFUSED" }))).toBeUndefined();
  });
});

describe("while Postgres is away", () => {
  it("an idle pool survives a kill, is not ready, waits, and serves again after the restart", async () => {
    expect(await isReady(db)).toBe(true);
    await postgres.kill("SIGKILL");
    expect(await isReady(db)).toBe(false);
    await expect(waitForDatabase(db, { timeoutMs: 50 })).rejects.toMatchObject({ code: "unavailable" });
    let retries = 0;
    const waiting = waitForDatabase(db, { onRetry: () => retries++ });
    await postgres.restart();
    await waiting;
    expect(retries).toBeGreaterThan(0);
    expect(await isReady(db)).toBe(true);
  });

  it("a transaction that waits for something else survives a kill, and fails at its next query", async () => {
    const rolledBack = db.kysely.transaction().execute(async (dbTx) => {
      await sql`SELECT 1`.execute(dbTx);
      await postgres.kill("SIGKILL");
      await postgres.restart();
      await sql`SELECT 2`.execute(dbTx);
    });
    expect(databaseError(await rolledBack.catch((thrown) => thrown)).code).toBe("unavailable");
    expect(await isReady(db)).toBe(true);
  });

  it("a database that does not exist is refused at once instead of waited for", async () => {
    const wrong = open(Object.assign(new URL(postgres.url), { pathname: "/nowhere" }).href);
    await expect(waitForDatabase(wrong)).rejects.toMatchObject({ details: { sqlState: "3D000" } });
    await wrong.close();
  });

  it("a query that is never answered fails in time, and the next one gets another connection", async () => {
    const stuck = open(undefined, { silenceMs: 300, connectionsMax: 1 });
    expect((await stuck.pool.query("SELECT 2 AS n")).rows).toEqual([{ n: 2 }]);
    await delay(400); // The connection's timer has run out meanwhile, and must run again.
    const error = await stuck.pool.query("SELECT pg_sleep(10)").catch((thrown) => databaseError(thrown));
    expect(error).toMatchObject({ code: "unavailable", cause: { code: "ETIMEDOUT" } });
    expect((await stuck.pool.query("SELECT 3 AS n")).rows).toEqual([{ n: 3 }]);
    await stuck.close();
  });

  it("a connection is kept however long nothing is asked of it, or it goes on being asked", async () => {
    const patient = open(undefined, { silenceMs: 100, connectionsMax: 1 });
    const client = await patient.pool.connect();
    const pid = async () =>
      (await client.query("SELECT pg_backend_pid() AS pid, pg_sleep(0.04)")).rows[0]?.pid;
    const first = await pid();
    await delay(300);
    for (let asked = 0; asked < 5; asked++) expect(await pid()).toBe(first);
    await expect(client.query("SELECT nonsense")).rejects.toThrow("nonsense");
    await delay(300);
    expect(await pid()).toBe(first);
    client.release();
    await patient.close();
  });

  it("a probe of a server that accepts but never answers ends in time", async () => {
    const stuck = open();
    await postgres.kill("SIGSTOP");
    expect(await isReady(stuck, 200)).toBe(false);
    await postgres.kill("SIGCONT");
    await stuck.close();
  });
});
