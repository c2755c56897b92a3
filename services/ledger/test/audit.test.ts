import { jest } from "@jest/globals";
import { auditBooks } from "../src/audit/audit-books.js";
import { checkBalances } from "../src/audit/balance-checks.js";
import { publishCommits } from "../src/store/commit-chain.js";
import { foldCommits } from "../src/store/fold.js";
import { RecentCommits } from "../src/store/recent-commits.js";
import { fundOf, holdOf, micro, serverForFile, settleOf, type TestLedger } from "./test-ledger.js";

jest.setTimeout(120_000);

const server = serverForFile();
let template: TestLedger;
let ledger: TestLedger;

/** Books with a bit of everything: a closed epoch, jobs of each end, a stake, a cooldown, an open hold. */
beforeAll(async () => {
  template = await server.ledger();
  const committer = template.committer();
  await committer.submit(fundOf("g", "alice", 10_000n));
  for (const jobId of ["a", "b", "c"]) await committer.submit(holdOf(jobId, "alice", 1_000n));
  await committer.submit(settleOf("a", "alice", 1_000n));
  await committer.submit(settleOf("b", "alice", 500n));
  await committer.submit({ kind: "clawback", jobId: "b" });
  await foldCommits(template.db, 100);
  await template.endEpoch();
  await template.closeEpoch(committer);
  await committer.submit({ kind: "void", jobId: "c" });
  await committer.submit({ kind: "stake", requestId: "s", owner: "alice", amount: micro(600n) });
  await committer.submit({ kind: "unstake", requestId: "u", owner: "alice", amount: micro(100n) });
  await committer.submit(holdOf("d", "alice", 1_000n));
  await publish(template);
  // One commit has no link yet.
  await committer.submit(holdOf("e", "alice", 1_000n));
  await template.close();
});
beforeEach(async () => {
  ledger = template.copy(await server.postgres.createDatabase(template.url));
});
afterEach(() => ledger.close());

const publish = ({ db }: TestLedger) => publishCommits(db, new RecentCommits(), 100, () => Promise.resolve());
const audit = () => auditBooks(ledger.db, { overdueMsMax: 86_400_000 });

const idOf = (code: string) => `(SELECT id FROM accounts WHERE code = '${code}')`;
const COLUMNS = "seq, id, kind, phase, debit_id, credit_id, amount, business_id, created_at";

describe("an audit", () => {
  it("finds nothing in books that are right, and has read all of them", async () => {
    expect(await audit()).toEqual([]);
    expect(await checkBalances(ledger.db)).toEqual([]);
    const { rows } = await ledger.db.pool.query(
      `SELECT (SELECT count(*) FROM commits WHERE NOT is_chained) AS unlinked,
              (SELECT count(*) FROM transfers WHERE kind = 'vest') AS vested,
              (SELECT count(*) FROM cooldowns) AS cooling, (SELECT count(*) FROM open_holds) AS held`,
    );
    expect(rows).toEqual([{ unlinked: 1n, vested: 1n, cooling: 1n, held: 2n }]);
  });

  it.each([
    [
      "a balance",
      "UPDATE accounts SET posted_credit = posted_credit + 5 WHERE code = 'wallet:alice'",
      [
        "the sum of all balances is not zero: 5",
        "a stored balance is not what the transfers add up to: wallet:alice",
      ],
    ],
    [
      "two balances, so that their sum stays",
      `UPDATE accounts SET posted_credit = posted_credit + 5 WHERE code = 'wallet:alice';
       UPDATE accounts SET posted_debit = posted_debit + 5 WHERE code = 'vested:worker'`,
      [
        "a stored balance is not what the transfers add up to: wallet:alice",
        "a stored balance is not what the transfers add up to: vested:worker",
      ],
    ],
    [
      "a pool's checkpoint",
      "UPDATE accounts SET posted_debit = posted_debit + 5, may_be_negative = true WHERE code = 'pool:slashed'",
      ["a stored balance is not what the transfers add up to: pool:slashed"],
    ],
    [
      "a balance to below zero",
      `ALTER TABLE accounts DROP CONSTRAINT accounts_not_negative;
       UPDATE accounts SET pending_debit = 20000 WHERE code = 'wallet:alice'`,
      [
        "an account is below zero: wallet:alice",
        "what an account has on hold is not the sum of its open holds: wallet:alice",
      ],
    ],
    [
      "the supply",
      "UPDATE transfers SET amount = amount - 1 WHERE kind = 'genesis' AND business_id = 'rewards'",
      ["a stored balance is not what the transfers add up to: supply:root"],
    ],
    [
      "the supply, and the balances with it",
      `UPDATE transfers SET amount = amount - 1 WHERE kind = 'genesis' AND credit_id = ${idOf("pool:rewards")};
       UPDATE accounts SET posted_debit = posted_debit - 1 WHERE code = 'supply:root';
       UPDATE accounts SET posted_credit = posted_credit - 1 WHERE code = 'pool:rewards'`,
      ["what came from the supply root is not the supply: 99999999999.999999 LLAMA, not 100000000000"],
    ],
    [
      "what is left of a cooldown",
      "UPDATE cooldowns SET remaining = remaining - 1",
      ["what is in cooldown is not the sum of its cooldowns: cooling:alice"],
    ],
    [
      "what a stake was noted with",
      "UPDATE stake_lows SET latest = latest + 1",
      ["a stake's last noted balance is not its balance: stake:alice"],
    ],
    [
      "an open hold's amount",
      "UPDATE open_holds SET amount = amount + 1 WHERE id = 'hold:d'",
      [
        "what an account has on hold is not the sum of its open holds: wallet:alice",
        "a hold is open that was never made: hold:d",
      ],
    ],
    [
      "an open hold's name",
      "UPDATE open_holds SET id = 'hold:f' WHERE id = 'hold:d'",
      ["a hold is neither resolved nor open, or both: hold:d", "a hold is open that was never made: hold:f"],
    ],
    [
      "an open hold that was resolved",
      "INSERT INTO open_holds SELECT id, debit_id, credit_id, amount, timeout_at FROM transfers WHERE id = 'hold:a'",
      ["a hold is neither resolved nor open, or both: hold:a"],
    ],
    [
      "an open hold's time",
      "UPDATE open_holds SET timeout_at = now() - interval '2 days' WHERE id = 'hold:d'",
      ["a hold is open past its time: hold:d"],
    ],
    [
      "a hold to less than was charged",
      "UPDATE transfers SET amount = 999 WHERE id = 'hold:a'",
      [
        "a job was charged more than was held, or without a hold: a",
        expect.stringContaining("the transfers of a commit are not those that were hashed: link"),
      ],
    ],
    [
      "a worker's share",
      "UPDATE settlements SET worker_share_micro = worker_share_micro + 1, charge_micro = charge_micro + 1 WHERE job_id = 'b'",
      ["a settlement and its transfers differ: b", "a closed epoch did not vest what its jobs earned: 0"],
    ],
    [
      "the protocol's share, hidden in a second fee",
      `INSERT INTO transfers (${COLUMNS})
         SELECT seq + 500, 'fee:a', 'fee', 'single', debit_id, ${idOf("pool:fees")}, 1, 'a', created_at
           FROM transfers WHERE id = 'settlement:a'`,
      ["a settlement and its transfers differ: a", "a transfer belongs to no commit: fee:a"],
    ],
    [
      "a settlement away",
      "DELETE FROM settlements WHERE job_id = 'a'",
      [
        "a job was charged and not settled: settlement:a",
        "a closed epoch did not vest what its jobs earned: 0",
      ],
    ],
    [
      "a transfer's name, so that it is not found with its job",
      "UPDATE transfers SET id = 'x' WHERE id = 'settlement:a'",
      ["a transfer of a job is not named for it: x", "a settlement and its transfers differ: a"],
    ],
    [
      "a transfer's accounts",
      `UPDATE transfers SET credit_id = ${idOf("pool:dev")} WHERE id = 'stake:s'`,
      ["a transfer is between accounts that its kind does not connect: stake:s"],
    ],
    [
      "a transfer's account to one that does not exist",
      "UPDATE transfers SET credit_id = 987654 WHERE id = 'stake:s'",
      [
        "a transfer is between accounts that its kind does not connect: stake:s",
        "a stored balance is not what the transfers add up to: account 987654, which does not exist",
      ],
    ],
    [
      "the transfers of a commit that has no link yet",
      "DELETE FROM transfers WHERE id = 'hold:e'",
      [expect.stringContaining("a commit does not have the transfers it counted: ")],
    ],
    [
      "an epoch's vesting",
      "UPDATE transfers SET business_id = '7:worker', id = 'vest:7:worker' WHERE kind = 'vest'",
      ["a closed epoch did not vest what its jobs earned: 0"],
    ],
    [
      "a link",
      "UPDATE commit_chain SET previous_hash = sha256('x') WHERE position = 3",
      [
        "a link of the hash chain does not follow the one before: 3",
        "the transfers of a commit are not those that were hashed: link 3",
      ],
    ],
    [
      "a link away",
      "DELETE FROM commit_chain WHERE position = 3",
      [
        "a link of the hash chain does not follow the one before: 4",
        expect.stringContaining("a commit is missing from the hash chain: "),
      ],
    ],
    [
      "the last link away",
      "DELETE FROM commit_chain WHERE position = (SELECT max(position) FROM commit_chain)",
      [expect.stringContaining("a commit is missing from the hash chain: ")],
    ],
  ])("finds that somebody changed %s", async (_what, statements, violations) => {
    await ledger.tamper(statements);
    const found = await audit();
    for (const violation of violations) expect(found).toContainEqual(violation);
  });

  it("tells of twenty of a thousand violations of one rule", async () => {
    await ledger.tamper(
      `INSERT INTO open_holds SELECT 'hold:x' || n, 1, 2, 5, now() FROM generate_series(1, 1000) n`,
    );
    const found = await audit();
    expect(found.filter((text) => text.startsWith("a hold is open that was never made"))).toHaveLength(20);
  });

  it("finds nothing wrong while the ledger goes on, whatever it reads before and after", async () => {
    const committer = ledger.committer();
    let isOver = false;
    const work = async (worker: number) => {
      for (let job = 0; !isOver; job++) {
        const jobId = `w${worker}-${job}`;
        await committer.submit(fundOf(jobId, "bob", 100n));
        await committer.submit(holdOf(jobId, "bob", 100n));
        if (job % 3 === 0) await committer.submit({ kind: "void", jobId });
        else await committer.submit(settleOf(jobId, "bob", 70n));
        if (job % 7 === 1) await committer.submit({ kind: "clawback", jobId });
      }
    };
    const publishing = async () => {
      while (!isOver) await publish(ledger);
    };
    const closing = async () => {
      while (!isOver) {
        await ledger.endEpoch();
        await ledger.closeEpoch(committer);
      }
    };
    const all = [publishing(), closing(), ...Array.from({ length: 8 }, (_, worker) => work(worker))];
    let rests = 0;
    for (let audits = 0; audits < 10; audits++) {
      const found = await auditBooks(ledger.db, {
        overdueMsMax: 86_400_000,
        // What is read next is not what was there when it began.
        rest: async () => {
          rests++;
          await committer.submit(fundOf(`rest-${rests}`, "bob", 1n));
        },
      });
      expect(found).toEqual([]);
    }
    isOver = true;
    await Promise.all(all);
    expect(rests).toBeGreaterThan(10);
    expect(await audit()).toEqual([]);
  });

  it("ends with what its rest throws", async () => {
    const rest = () => Promise.reject(new Error("enough"));
    await expect(auditBooks(ledger.db, { rest })).rejects.toThrow("enough");
  });
});
