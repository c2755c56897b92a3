import { fundOf, holdOf, settleOf, type TestLedger } from "./test-ledger.js";

/** Runs SQL as an attacker with the service's own credentials would. */
export async function refusalOf(
  ledger: TestLedger,
  statement: string,
): Promise<{ code?: string; constraint?: string }> {
  try {
    await ledger.db.pool.query(statement);
  } catch (error) {
    return error as { code: string };
  }
  return {};
}

/** Alice's wallet with a settled job and a hold that is open. */
export async function giveMoney(ledger: TestLedger): Promise<void> {
  const committer = ledger.committer();
  await committer.submit(fundOf("g", "alice", 1_000n));
  await committer.submit(holdOf("j", "alice", 100n));
  await committer.submit(settleOf("j", "alice", 60n));
  await committer.submit(holdOf("k", "alice", 100n));
}
