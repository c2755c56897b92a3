import { migrateToLatest } from "@flock/database";
import { createLogger } from "@flock/observability";
import { startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import { BATCH_TRANSITIONS } from "../src/domain/batch.js";
import { MOVEMENT_TRANSITIONS } from "../src/domain/movement.js";
import { PAYOUT_TRANSITIONS } from "../src/domain/payout.js";
import { migrations } from "../src/migrations/index.js";
import { openTreasuryDatabase } from "../src/store/open-database.js";

let postgres: TestPostgres;
let db: ReturnType<typeof openTreasuryDatabase>;

beforeAll(async () => {
  postgres = await startTestPostgres();
  db = openTreasuryDatabase({ url: postgres.url, logger: createLogger("test", "silent") });
  await migrateToLatest(db, migrations);
});

afterAll(async () => {
  await db.close();
  await postgres.stop();
});

describe("the database", () => {
  it("allows exactly the changes of state that the tables in domain/ list", async () => {
    const rows = await db.kysely.selectFrom("transitions").selectAll().execute();
    const listed = (subject: string, table: Readonly<Record<string, readonly string[]>>) =>
      Object.entries(table).flatMap(([from, nexts]) => nexts.map((next) => `${subject}: ${from} → ${next}`));
    expect(rows.map((row) => `${row.subject}: ${row.from_state} → ${row.to_state}`).sort()).toEqual(
      [
        ...listed("payout", PAYOUT_TRANSITIONS),
        ...listed("batch", BATCH_TRANSITIONS),
        ...listed("movement", MOVEMENT_TRANSITIONS),
      ].sort(),
    );
  });

  it("keeps a movement's meaning: deposits add, nothing is nothing, each is there once", async () => {
    const insert = (signature: string, delta: number, kind: string, state: string) =>
      db.pool.query(
        "INSERT INTO movements (signature, slot, delta_micro, kind, state) VALUES ($1, 1, $2, $3, $4)",
        [signature, delta, kind, state],
      );
    await insert("a", 5, "deposit", "seen");
    await insert("b", -3, "payouts", "noted");
    await expect(insert("a", 5, "deposit", "seen")).rejects.toMatchObject({ code: "23505" });
    await expect(insert("c", -5, "deposit", "seen")).rejects.toMatchObject({ code: "23514" });
    await expect(insert("c", 5, "none", "noted")).rejects.toMatchObject({ code: "23514" });
    await expect(insert("c", -5, "foreign", "seen")).rejects.toMatchObject({ code: "23514" });
    await expect(db.pool.query("UPDATE movements SET delta_micro = 6")).rejects.toMatchObject({
      code: "FT001",
    });
    await expect(db.pool.query("UPDATE movements SET state = 'claimed'")).rejects.toMatchObject({
      code: "FT002",
    });
    for (const change of ["is_decided = false", "reason = 'unknown_account'"])
      await expect(db.pool.query(`UPDATE movements SET ${change}`)).rejects.toMatchObject({ code: "FT001" });
    const { rows } = await db.pool.query("SELECT sum_micro FROM holdings");
    expect(rows).toEqual([{ sum_micro: 2n }]);
  });

  it("keeps a deposit from being booked before it is decided whose it is, and that decision", async () => {
    await db.pool.query(
      `INSERT INTO movements (signature, slot, delta_micro, kind, state, account_id, named, is_decided)
       VALUES ('d', 1, 7, 'deposit', 'seen', 'bob', 'bob', false)`,
    );
    const set = (change: string) => db.pool.query(`UPDATE movements SET ${change} WHERE signature = 'd'`);
    await expect(set("state = 'credited'")).rejects.toMatchObject({ code: "23514" });
    await expect(set("named = 'bo'")).rejects.toMatchObject({ code: "FT001" });
    await set("is_decided = true, account_id = '', reason = 'unknown_account'");
    await expect(set("is_decided = false")).rejects.toMatchObject({ code: "FT001" });
    await expect(set("reason = ''")).rejects.toMatchObject({ code: "FT001" });
    await set("state = 'suspended'");
    await set("state = 'claimed', account_id = 'bob'");
  });
});
