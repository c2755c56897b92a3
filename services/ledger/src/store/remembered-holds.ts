import { type AccountCode, earningsOf } from "../domain/account-code.js";
import type { TransferFact } from "../domain/draft.js";
import { type Operation, ruleOf } from "../domain/operations.js";
import { type PlannedTransfer, transferId } from "../domain/transfer.js";
import type { GroupFacts } from "./read-facts.js";
import type { AccountIds } from "./write-commit.js";

interface RememberedHold {
  readonly fact: TransferFact;
  readonly walletId: bigint;
}

/** About 12 MB. Of more, and of those that another process made, the facts are read. */
const HOLDS_MAX = 50_000;
const WORKERS_MAX = 50_000;
const NONE: readonly string[] = [];

/**
 * The open holds that this process has made, and the accounts of the workers that it has paid, so that settling a job
 * takes one round trip instead of two.
 *
 * It is only a memory. The database refuses to post a hold that is not open any more (resolved by another process,
 * timed out). Then the facts are read and the group is planned again.
 */
export class RememberedHolds {
  /** By job id, the oldest first. */
  readonly #holds = new Map<string, RememberedHold>();
  readonly #workerIds = new Map<AccountCode, bigint>();

  /** To be called after a commit is durable. */
  note(transfers: readonly PlannedTransfer[], accountIds: AccountIds): void {
    for (const transfer of transfers) {
      if (transfer.kind === "hold") this.#remember(transfer, accountIds);
      else if (transfer.pendingId !== undefined) this.#holds.delete(transfer.businessId);
      if (transfer.kind === "settlement") this.#rememberWorker(transfer.credit, accountIds);
    }
  }

  /**
   * Adds what is remembered for the operations to `facts`, and returns the operations whose facts must be read. A job
   * that other operations of the group are about is read: they may ask for what a settlement need not know, such as
   * what its client's wallet holds.
   */
  recall(
    operations: readonly Operation[],
    facts: Pick<GroupFacts, "accountIds" | "transfers">,
  ): readonly Operation[] {
    if (!operations.some(({ kind }) => kind === "settle")) return operations;
    const otherwiseNamed = new Set(operations.flatMap(holdsOtherwiseNamed));
    return operations.filter((operation) => {
      if (operation.kind !== "settle") return true;
      const holdId = transferId("hold", operation.jobId);
      if (otherwiseNamed.has(holdId)) return true;
      const hold = this.#holds.get(operation.jobId);
      const earnings = earningsOf(operation.workerId);
      const earningsId = this.#workerIds.get(earnings);
      if (hold === undefined || earningsId === undefined) return true;
      facts.accountIds.set(hold.fact.debit, hold.walletId).set(earnings, earningsId);
      facts.transfers.set(holdId, hold.fact);
      return false;
    });
  }

  #remember(hold: PlannedTransfer, accountIds: AccountIds): void {
    const walletId = accountIds.get(hold.debit);
    if (walletId === undefined) return;
    const { debit, credit, amount } = hold;
    this.#holds.set(hold.businessId, { fact: { debit, credit, amount }, walletId });
    if (this.#holds.size > HOLDS_MAX) forgetOldest(this.#holds);
  }

  #rememberWorker(earnings: AccountCode, accountIds: AccountIds): void {
    const id = accountIds.get(earnings);
    if (id === undefined || this.#workerIds.has(earnings)) return;
    this.#workerIds.set(earnings, id);
    if (this.#workerIds.size > WORKERS_MAX) forgetOldest(this.#workerIds);
  }
}

/** The holds of the jobs that an operation is about, among the ids of other transfers; a settlement's is its own. */
function holdsOtherwiseNamed(operation: Operation): readonly string[] {
  if (operation.kind === "settle") return NONE;
  const { names, settlements } = ruleOf(operation);
  if (settlements === undefined) return names(operation);
  return [...names(operation), ...settlements(operation).map((jobId) => transferId("hold", jobId))];
}

function forgetOldest(map: Map<unknown, unknown>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
