import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { auditBooks } from "../src/audit/audit-books.js";
import { publishCommits } from "../src/store/commit-chain.js";
import { RecentCommits } from "../src/store/recent-commits.js";
import { giveMoney, refusalOf } from "./past-the-rules.js";
import { fundOf, holdOf, micro, serverForFile, type TestLedger } from "./test-ledger.js";

jest.setTimeout(120_000);

const server = serverForFile();
let ledger: TestLedger;

beforeEach(async () => {
  ledger = await server.ledger();
});
afterEach(() => ledger.close());

const refusal = (statement: string) => refusalOf(ledger, statement);
const withMoney = () => giveMoney(ledger);

const COLUMNS = "kind, phase, debit_id, credit_id, amount, business_id, pending_id";

/** One commit with one transfer, straight into the tables. */
const insertion = (values: string, columns = COLUMNS) => `
  WITH c AS (INSERT INTO commits (transfer_count) VALUES (1) RETURNING first_seq, committed_at)
  INSERT INTO transfers (seq, created_at, id, ${columns}) SELECT c.first_seq, c.committed_at, ${values} FROM c`;
const account = (code: string) => `(SELECT id FROM accounts WHERE code = '${code}')`;

describe("a transfer past the rules", () => {
  beforeEach(withMoney);

  const alice = account("wallet:alice");
  const fees = account("pool:fees");

  it.each([
    ["overdraws a wallet", insertion(`'x:1', 'grant', 'single', ${alice}, ${fees}, 841, '1', NULL`), "23514"],
    [
      "spends what is on hold",
      insertion(`'x:1', 'grant', 'single', ${alice}, ${fees}, 900, '1', NULL`),
      "23514",
    ],
    [
      "holds more than there is",
      insertion(`'x:1', 'hold', 'pending', ${alice}, ${fees}, 841, '1', NULL`),
      "23514",
    ],
    [
      "overdraws a pool",
      insertion(`'x:1', 'grant', 'single', ${account("pool:slashed")}, ${alice}, 1, '1', NULL`),
      "FL002",
    ],
    ["moves nothing", insertion(`'x:1', 'grant', 'single', ${alice}, ${fees}, 0, '1', NULL`), "23514"],
    [
      "moves less than nothing",
      insertion(`'x:1', 'grant', 'single', ${alice}, ${fees}, -5, '1', NULL`),
      "23514",
    ],
    ["stays where it is", insertion(`'x:1', 'grant', 'single', ${alice}, ${alice}, 5, '1', NULL`), "23514"],
    ["goes nowhere", insertion(`'x:1', 'grant', 'single', ${alice}, 999999, 5, '1', NULL`), "23503"],
    ["repeats an id", insertion(`'hold:k', 'hold', 'pending', ${alice}, ${fees}, 5, 'k', NULL`), "23505"],
    [
      "resolves a hold twice",
      insertion(`'x:1', 'void', 'void', ${alice}, ${fees}, 5, 'j', 'hold:j'`),
      "23505",
    ],
    ["resolves no hold", insertion(`'x:1', 'void', 'void', ${alice}, ${fees}, 5, 'j', 'hold:none'`), "FL001"],
    [
      "resolves another's hold",
      insertion(`'x:1', 'void', 'void', ${fees}, ${alice}, 5, 'k', 'hold:k'`),
      "FL001",
    ],
    [
      "posts more than was held",
      insertion(`'x:1', 'settlement', 'post', ${alice}, ${fees}, 101, 'k', 'hold:k'`),
      "FL001",
    ],
    [
      "posts more than was held with its fee",
      insertion(
        `'x:1', 'settlement', 'post', ${alice}, ${fees}, 99, 'k', 'hold:k', 2`,
        `${COLUMNS}, fee`,
      ).replace("VALUES (1)", "VALUES (2)"),
      "FL001",
    ],
    [
      "has a fee and is no settlement",
      insertion(`'x:1', 'grant', 'single', ${alice}, ${fees}, 5, '1', NULL, 1`, `${COLUMNS}, fee`),
      "23514",
    ],
    [
      "has a fee of nothing",
      insertion(`'x:1', 'settlement', 'post', ${alice}, ${fees}, 5, 'k', 'hold:k', 0`, `${COLUMNS}, fee`),
      "23514",
    ],
    [
      "expires a hold before its time",
      insertion(`'x:1', 'expire', 'expire', ${alice}, ${fees}, 100, 'k', 'hold:k'`),
      "FL001",
    ],
    [
      "posts without a hold",
      insertion(`'x:1', 'settlement', 'post', ${alice}, ${fees}, 5, 'k', NULL`),
      "23514",
    ],
  ])("is refused when it %s", async (_, statement, code) => {
    expect(await refusal(statement)).toMatchObject({ code });
    await ledger.expectRightBooks();
  });

  it("is refused outside a commit, or beside its numbers", async () => {
    const values = `'x:1', 'grant', 'single', ${alice}, ${fees}, 5, '1'`;
    const columns = "(seq, created_at, id, kind, phase, debit_id, credit_id, amount, business_id)";
    expect(await refusal(`INSERT INTO transfers ${columns} VALUES (7, now(), ${values})`)).toMatchObject({
      code: "FL003",
    });
    const beside = insertion(values, "kind, phase, debit_id, credit_id, amount, business_id").replace(
      "SELECT c.first_seq,",
      "SELECT c.first_seq + 1,",
    );
    expect(await refusal(beside)).toMatchObject({ code: "FL003" });
  });

  it("is refused beside the number that a fee has taken, or after a gap", async () => {
    const worker = account("earnings:worker");
    const commitOf = (count: number, ...rows: string[]) => `
      WITH c AS (INSERT INTO commits (transfer_count) VALUES (${count}) RETURNING first_seq, committed_at)
      INSERT INTO transfers (seq, created_at, id, ${COLUMNS}, fee)
        SELECT c.first_seq + r.place, c.committed_at, r.id, r.kind::transfer_kind, r.phase::transfer_phase, r.debit, r.credit,
               r.amount, r.business_id, r.pending_id, r.fee
          FROM c, (VALUES ${rows.join()}) r (place, id, kind, phase, debit, credit, amount, business_id, pending_id, fee)`;
    const settlement = `(0, 'x:1', 'settlement', 'post', ${alice}, ${worker}, 5, 'k', 'hold:k', 1)`;
    const grantAt = (place: number) =>
      `(${place}, 'x:${place + 2}', 'grant', 'single', ${alice}, ${fees}, 5, '${place}', NULL, NULL::bigint)`;
    for (const rows of [
      [3, settlement, grantAt(1)],
      [4, settlement, grantAt(1), grantAt(3)],
      [3, settlement, grantAt(3)],
      [2, settlement, grantAt(2)],
    ] as const) {
      const [count, ...transfers] = rows;
      expect(await refusal(commitOf(count, ...transfers))).toMatchObject({ code: "FL003" });
    }
    const before = await ledger.count("all_transfers");
    await ledger.db.pool.query(commitOf(3, settlement, grantAt(2)));
    expect(await ledger.count("all_transfers")).toBe(before + 3);
  });

  it("is refused in a commit that claims to be folded already", async () => {
    const folded = insertion(`'x:1', 'grant', 'single', ${alice}, ${fees}, 5, '1', NULL`).replace(
      "(transfer_count) VALUES (1)",
      "(transfer_count, is_folded) VALUES (1, true)",
    );
    expect(await refusal(folded)).toMatchObject({ code: "FL003" });
  });
});

describe("a transfer of a rare kind", () => {
  beforeEach(async () => {
    await withMoney();
    const committer = ledger.committer();
    await committer.submit({ kind: "deposit", signature: "suspended", amount: micro(70n) });
    await committer.submit({ kind: "stake", requestId: "s", owner: "alice", amount: micro(300n) });
    await committer.submit({ kind: "unstake", requestId: "u", owner: "alice", amount: micro(200n) });
  });

  const [alice, fees, slashed] = [account("wallet:alice"), account("pool:fees"), account("pool:slashed")];
  const [worker, stake, cooling] = [
    account("earnings:worker"),
    account("stake:alice"),
    account("cooling:alice"),
  ];

  it.each([
    ["between accounts of other kinds", `'x:1', 'stake', 'single', ${alice}, ${fees}, 5, '1', NULL`],
    [
      "a claim of a part",
      `'x:1', 'claim', 'single', ${account("suspense:deposits")}, ${alice}, 69, 'suspended', NULL`,
    ],
    [
      "a claim of nothing that waits",
      `'x:1', 'claim', 'single', ${account("suspense:deposits")}, ${alice}, 70, 'other', NULL`,
    ],
    ["a clawback of a part", `'x:1', 'clawback', 'single', ${worker}, ${slashed}, 56, 'j', NULL`],
    ["a clawback for no job", `'x:1', 'clawback', 'single', ${worker}, ${slashed}, 57, 'none', NULL`],
    ["a release before its time", `'x:1', 'release', 'single', ${cooling}, ${alice}, 200, 'u', NULL`],
    [
      "a vest of an open epoch",
      `'x:1', 'vest', 'single', ${worker}, ${account("vested:worker")}, 5, '0:worker', NULL`,
    ],
    [
      "an emission of no epoch",
      `'x:1', 'emission', 'single', ${account("pool:rewards")}, ${account("vested:worker")}, 5, '9:worker', NULL`,
    ],
  ])("is refused: %s", async (_, values) => {
    await ledger.db.pool.query("INSERT INTO accounts (kind, owner) VALUES ('vested', 'worker')");
    expect(await refusal(insertion(values))).toMatchObject({ code: "FL005" });
    await ledger.expectRightBooks();
  });

  it.each([
    ["was charged", ["a slash of another case", "a clawback"], 60n],
    ["the job's slash took", ["a slash of another case", "a slash"], 50n],
    ["was charged, whatever the slash took", ["a clawback", "a slash"], 60n],
    ["nothing if nothing was taken for the job", ["a slash of another case"], 0n],
  ] as const)("is refused when more is compensated than %s", async (_, taken, limit) => {
    const verdicts = {
      "a clawback": { kind: "clawback", jobId: "j" },
      // From the stake and from what is in cooldown.
      "a slash": { kind: "slash", caseId: "j", owner: "alice", amount: micro(50n) },
      "a slash of another case": { kind: "slash", caseId: "c", owner: "alice", amount: micro(80n) },
    } as const;
    const committer = ledger.committer();
    for (const one of taken) await committer.submit(verdicts[one]);
    const compensation = (amount: bigint) =>
      `'x:1', 'compensate', 'single', ${slashed}, ${alice}, ${amount}, 'j', NULL`;
    expect(await refusal(insertion(compensation(limit + 1n)))).toMatchObject({ code: "FL005" });
    if (limit > 0n) expect(await refusal(insertion(compensation(limit)))).toEqual({});
  });

  it("moves stake into a cooldown that only transfers change", async () => {
    const remaining = async () =>
      (await ledger.db.pool.query<{ remaining: bigint }>("SELECT remaining FROM cooldowns")).rows;
    expect(await remaining()).toEqual([{ remaining: 200n }]);
    expect(
      await refusal(insertion(`'x:1', 'slash', 'single', ${cooling}, ${slashed}, 150, '1', NULL`)),
    ).toEqual({});
    expect(await remaining()).toEqual([{ remaining: 50n }]);
    expect(
      await refusal(insertion(`'x:2', 'slash', 'single', ${stake}, ${slashed}, 100, '2', NULL`)),
    ).toEqual({});
    expect(
      await refusal(insertion(`'x:3', 'slash', 'single', ${cooling}, ${slashed}, 50, '3', NULL`)),
    ).toEqual({});
    expect(await remaining()).toEqual([]);
    for (const statement of [
      "DELETE FROM stake_lows",
      "UPDATE stake_lows SET low = 0",
      "INSERT INTO cooldowns VALUES ('x', 1, 1, now())",
    ])
      expect(await refusal(statement)).toMatchObject({ code: "FL000" });
    await ledger.expectRightBooks();
  });
});

describe("the hash chain and the epochs", () => {
  it("are never rewritten", async () => {
    await withMoney();
    await publishCommits(ledger.db, new RecentCommits(), 100, () => Promise.resolve());
    for (const statement of [
      "UPDATE commit_chain SET hash = previous_hash",
      "DELETE FROM commit_chain",
      "TRUNCATE commit_chain",
      `INSERT INTO commit_chain SELECT position + 7, first_seq, previous_hash, hash FROM commit_chain LIMIT 1`,
      "DELETE FROM epochs",
      "UPDATE epochs SET ends_at = now()",
      "UPDATE epochs SET parameters = '{}'",
      "TRUNCATE statement_portions",
    ]) {
      expect([statement, (await refusal(statement)).code]).toEqual([statement, "FL000"]);
    }
    await ledger.expectRightBooks();
  });

  it("show that a transfer was changed past all rules", async () => {
    await withMoney();
    await publishCommits(ledger.db, new RecentCommits(), 100, () => Promise.resolve());
    await ledger.tamper("UPDATE transfers SET business_id = 'k' WHERE id = 'grant:g'");
    expect(await auditBooks(ledger.db, { overdueMsMax: 86_400_000 })).toContainEqual(
      expect.stringContaining("are not those that were hashed"),
    );
  });

  it("leave no commit without an epoch: one that is over has to be turned first", async () => {
    const brief = await server.ledger({ firstEpochSeconds: 1 });
    await eventually("the epoch is over", async () => {
      const { rows } = await brief.db.pool.query("SELECT FROM epochs WHERE ends_at < clock_timestamp()");
      return rows.length === 1;
    });
    await expect(
      brief.db.pool.query("INSERT INTO commits (transfer_count) VALUES (1)"),
    ).rejects.toMatchObject({
      code: "FL004",
    });
    expect(await brief.committer().submit(fundOf("g", "alice", 5n))).toMatchObject({ kind: "funded" });
    await brief.close();
  });
});

describe("a hold's time", () => {
  it("is the database's: past it, a post is refused, a settlement for nothing too, and an expiry accepted", async () => {
    const committer = ledger.committer();
    await committer.submit(fundOf("g", "alice", 1_000n));
    await committer.submit(holdOf("j", "alice", 100n, { timeoutMs: 1 }));
    await ledger.db.pool.query("SELECT pg_sleep(0.01)");
    const [alice, escrow] = [account("wallet:alice"), account("escrow:jobs")];
    const post = insertion(`'x:1', 'settlement', 'post', ${alice}, ${escrow}, 5, 'j', 'hold:j'`);
    expect(await refusal(post)).toMatchObject({ code: "FL001" });
    const settleForNothing = insertion(
      `'void:j', 'void', 'void', ${alice}, ${escrow}, 100, 'j', 'hold:j', '\\x01'`,
      `${COLUMNS}, request_hash`,
    );
    expect(await refusal(settleForNothing)).toMatchObject({ code: "FL001" });
    const expire = insertion(`'expire:j', 'expire', 'expire', ${alice}, ${escrow}, 100, 'j', 'hold:j'`);
    expect(await refusal(expire)).toEqual({});
    expect(await ledger.available("wallet:alice")).toBe(1_000n);
    await ledger.expectRightBooks();
  });
});
