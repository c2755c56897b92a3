import { type Migrations, migrateToLatest } from "@flock/database";
import { jest } from "@jest/globals";
import { GENESIS } from "../src/domain/genesis.js";
import { OPERATIONS } from "../src/domain/operations.js";
import { migrations } from "../src/migrations/index.js";
import { openLedgerDatabase } from "../src/store/open-database.js";
import { giveMoney, refusalOf } from "./past-the-rules.js";
import { serverForFile, silent, type TestLedger } from "./test-ledger.js";

jest.setTimeout(120_000);

const server = serverForFile();
let ledger: TestLedger;

beforeEach(async () => {
  ledger = await server.ledger();
});
afterEach(() => ledger.close());

const refusal = (statement: string) => refusalOf(ledger, statement);
const withMoney = () => giveMoney(ledger);

describe("migrations", () => {
  it("run by four processes at once leave one schema and one genesis", async () => {
    const url = await server.postgres.createDatabase();
    const runs = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const db = openLedgerDatabase({ url, logger: silent });
        const ran = await migrateToLatest(db, migrations);
        await db.close();
        return ran;
      }),
    );
    expect(runs.flat()).toEqual(Object.keys(migrations));
    const { TestLedger: Opened } = await import("./test-ledger.js");
    const opened = await Promise.all(Array.from({ length: 4 }, () => Opened.open(url)));
    expect(await opened[0]?.count("all_transfers")).toBe(3);
    await opened[0]?.expectRightBooks();
    for (const one of opened) await one.close();
  });

  it("that fail leave nothing of the schema behind", async () => {
    const db = openLedgerDatabase({ url: await server.postgres.createDatabase(), logger: silent });
    const broken: Migrations = {
      ...migrations,
      "9999-broken": { up: () => Promise.reject(new Error("no")) },
    };
    await expect(migrateToLatest(db, broken)).rejects.toThrow("9999-broken");
    const { rows } = await db.pool.query("SELECT to_regclass('ledger.transfers') AS found");
    expect(rows).toEqual([{ found: null }]);
    await db.close();
  });
});

describe("the kinds of transfers in the database", () => {
  it("are those that operations make, and the genesis, and each has accounts that it connects", async () => {
    const made = Object.values(OPERATIONS).flatMap(({ makes }): string[] => [...makes]);
    const kinds = [...new Set([GENESIS, ...made])].sort();
    const { rows } = await ledger.db.pool.query<{ known: string[]; shaped: string[] }>(
      `SELECT (SELECT array_agg(k ORDER BY k COLLATE "C") FROM unnest(enum_range(NULL::transfer_kind)::text[]) k) AS known,
              (SELECT array_agg(DISTINCT kind::text COLLATE "C") FROM transfer_shapes) AS shaped`,
    );
    expect(rows).toEqual([{ known: kinds, shaped: kinds }]);
  });
});

describe("the schema that the code is typed with", () => {
  it("is the one in the database", async () => {
    const columnsOf = async (relation: string) => {
      const { rows } = await ledger.db.pool.query<{ name: string; type: string; nullable: boolean }>(
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, NOT attnotnull AS nullable
           FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
        [relation],
      );
      return rows.map(({ name, type, nullable }) => `${name} ${type}${nullable ? "?" : ""}`);
    };
    expect(await columnsOf("transfers")).toEqual([
      "seq bigint",
      "id text",
      "kind transfer_kind",
      "phase transfer_phase",
      "debit_id bigint",
      "credit_id bigint",
      "amount bigint",
      "fee bigint?",
      "business_id text",
      "linked_id text?",
      "pending_id text?",
      "timeout_at timestamp with time zone?",
      "request_hash bytea?",
      "created_at timestamp with time zone",
    ]);
    expect(await columnsOf("accounts")).toEqual([
      "id bigint",
      "kind text",
      "owner account_owner",
      "code text",
      "is_folded boolean",
      "may_be_negative boolean",
      "posted_debit bigint",
      "posted_credit bigint",
      "pending_debit bigint",
      "pending_credit bigint",
      "opened_at timestamp with time zone",
    ]);
    expect((await columnsOf("settlements")).map((column) => column.split(" ")[0])).toEqual([
      "job_id",
      "epoch",
      "wallet_id",
      "earnings_id",
      "requester_id",
      "model",
      "model_digest",
      "prompt_tokens",
      "completion_tokens",
      "prompt_price_micro",
      "completion_price_micro",
      "held_micro",
      "charge_micro",
      "worker_share_micro",
      "protocol_share_micro",
      "worker_share_bps",
      "receipt_hash",
      "finished_at",
      "settled_at",
      "worker_id",
    ]);
  });
});

describe("what was written", () => {
  it("is never changed: transfers, settlements, accounts, commits and holds refuse it", async () => {
    await withMoney();
    for (const statement of [
      "UPDATE transfers SET amount = 1",
      "DELETE FROM transfers",
      "TRUNCATE transfers",
      "UPDATE settlements SET charge_micro = 1",
      "DELETE FROM settlements",
      "TRUNCATE settlements",
      "UPDATE accounts SET posted_credit = posted_credit + 1000 WHERE code = 'wallet:alice'",
      "UPDATE accounts SET may_be_negative = true",
      "DELETE FROM accounts",
      "TRUNCATE accounts CASCADE",
      "DELETE FROM commits",
      "UPDATE commits SET transfer_count = 2",
      "UPDATE commits SET first_seq = first_seq + 1",
      "DELETE FROM open_holds",
      "UPDATE open_holds SET amount = 1",
      "INSERT INTO open_holds VALUES ('hold:x', 1, 2, 5, NULL)",
      "TRUNCATE open_holds",
      "INSERT INTO unfolded_changes VALUES (1, 1, 0, 5)",
      "DELETE FROM unfolded_changes",
      "TRUNCATE unfolded_changes",
    ]) {
      expect([statement, (await refusal(statement)).code]).toEqual([statement, "FL000"]);
    }
    await ledger.db.pool.query("UPDATE commits SET is_folded = true");
    expect(await refusal("UPDATE commits SET is_folded = false")).toMatchObject({ code: "FL000" });
    await ledger.expectRightBooks();
  });

  it("may not be changed by a role that does not own the tables either", async () => {
    const { rows } = await ledger.db.pool.query(
      `SELECT privilege_type FROM information_schema.role_table_grants
        WHERE table_name IN ('transfers', 'settlements') AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')`,
    );
    expect(rows).toEqual([]);
  });
});

describe("an account", () => {
  it("is opened empty and with the rules of its kind, whatever is asked for", async () => {
    await ledger.db.pool.query(
      `INSERT INTO accounts (kind, owner, is_folded, may_be_negative, posted_debit, posted_credit, pending_debit, pending_credit)
       VALUES ('wallet', 'mallory', true, true, 0, 1000000, 0, 0)`,
    );
    const { rows } = await ledger.db.pool.query(
      "SELECT is_folded, may_be_negative, posted_credit FROM accounts WHERE code = 'wallet:mallory'",
    );
    expect(rows).toEqual([{ is_folded: false, may_be_negative: false, posted_credit: 0n }]);
  });

  it("has a known kind and a plain owner, and exists once", async () => {
    expect(await refusal("INSERT INTO accounts (kind, owner) VALUES ('purse', 'x')")).toMatchObject({
      code: "23502",
    });
    for (const owner of ["", "a b", "ä", "a:b", "x".repeat(129)]) {
      expect(await refusal(`INSERT INTO accounts (kind, owner) VALUES ('wallet', '${owner}')`)).toMatchObject(
        {
          constraint: "account_owner_check",
        },
      );
    }
    expect(await refusal("INSERT INTO accounts (kind, owner) VALUES ('pool', 'fees')")).toMatchObject({
      code: "23505",
    });
  });
});
