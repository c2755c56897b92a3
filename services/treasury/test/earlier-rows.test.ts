import { migrateToLatest } from "@flock/database";
import { microLlama } from "@flock/money";
import { createLogger } from "@flock/observability";
import { startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import { payoutMessage } from "../src/handlers/wire.js";
import * as firstVersion from "../src/migrations/0001-first-version.js";
import { migrations } from "../src/migrations/index.js";
import { openTreasuryDatabase } from "../src/store/open-database.js";
import { readPayout, recordPayout, refusePayout } from "../src/store/payouts.js";

/* What an earlier version has written down is read by this one. */

const UPDATED_AT = "2026-01-31T12:00:00.000Z";

let postgres: TestPostgres;
let db: ReturnType<typeof openTreasuryDatabase>;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  const url = await postgres.createDatabase();
  db = openTreasuryDatabase({ url, logger: createLogger("test", "silent") });
  await migrateToLatest(db, { "0001-first-version": firstVersion });
});
afterEach(() => db.close());

const idOf = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;

/** A payout as the first version left it. */
async function write(id: string, state: string, reason: string): Promise<void> {
  await db.pool.query(
    `INSERT INTO payouts (id, origin, ledger_account, recipient, amount_micro, state, reason, updated_at)
     VALUES ($1, 'earnings', 'vested:w', 'r', 5, $2, $3, $4)`,
    [id, state, reason, UPDATED_AT],
  );
}

describe("a payout that an earlier version refused", () => {
  it.each([
    ["insufficient_funds: 5 are needed, 3 are there", "insufficient_funds", "5 are needed, 3 are there"],
    ["failed_precondition: the account: it is closed", "failed_precondition", "the account: it is closed"],
    ["no code: in front", "failed_precondition", "no code: in front"],
    ["", "failed_precondition", ""],
  ])("is read with its code and its reason: %j", async (text, refusedWith, reason) => {
    await write(idOf("1"), "refused", text);
    await migrateToLatest(db, migrations);
    const found = await readPayout(db.kysely, idOf("1"));
    expect(found).toMatchObject({ state: "refused", refusedWith, reason });
    expect(found?.updatedAt.toISOString()).toBe(UPDATED_AT);
  });

  it("is told of to callers in the words of before", async () => {
    const text = "insufficient_funds: 5 are needed, 3 are there";
    await write(idOf("1"), "refused", text);
    await migrateToLatest(db, migrations);
    const found = await readPayout(db.kysely, idOf("1"));
    expect(found && payoutMessage(found)).toMatchObject({ reason: text });
  });

  it("is nothing like one that was given back, whose reason stays whole", async () => {
    const reason = "not_found: is what the chain says of it";
    await write(idOf("2"), "voided", reason);
    await write(idOf("3"), "requested", "");
    await migrateToLatest(db, migrations);
    const [voided, requested] = [
      await readPayout(db.kysely, idOf("2")),
      await readPayout(db.kysely, idOf("3")),
    ];
    expect(voided).toMatchObject({ reason, refusedWith: undefined });
    expect(requested).toMatchObject({ reason: "", refusedWith: undefined });
    expect(voided && payoutMessage(voided)).toMatchObject({ reason });
  });
});

describe("the database", () => {
  it("lets a payout be refused with a code, and nothing else have one", async () => {
    await migrateToLatest(db, migrations);
    const id = idOf("4");
    const order = {
      origin: "earnings",
      ledgerAccount: "vested:w",
      recipient: "r",
      amount: microLlama(5n),
    } as const;
    await recordPayout(db.kysely, { id, ...order });
    for (const change of ["state = 'refused'", "reason_code = 'internal'"])
      await expect(db.pool.query(`UPDATE payouts SET ${change}`)).rejects.toMatchObject({
        constraint: "payouts_refused_with_code",
      });
    expect(await refusePayout(db.kysely, id, { code: "not_found", message: "no such account" })).toBe(true);
    expect(await refusePayout(db.kysely, id, { code: "internal", message: "again" })).toBe(false);
    expect(await readPayout(db.kysely, id)).toMatchObject({
      state: "refused",
      refusedWith: "not_found",
      reason: "no such account",
    });
  });
});
