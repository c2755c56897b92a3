import type { Database } from "@flock/database";
import type { FinishedStatement } from "@flock/epochs";
import { FlockError } from "@flock/errors";
import type { Distribute } from "./domain/distribution.js";
import { drawUpStatement } from "./epoch-statement.js";
import type { OperationRunner } from "./operation-runner.js";
import { beginClosing, setClosed } from "./store/epochs.js";
import type { LedgerSchema } from "./store/schema.js";

export interface CloseOptions {
  readonly db: Database<LedgerSchema>;
  /** Connections that may read for minutes. */
  readonly reports: Database<LedgerSchema>;
  readonly operations: Pick<OperationRunner, "run">;
}

export interface ClosedEpoch {
  readonly epoch: bigint;
  readonly statement: FinishedStatement;
}

const PAYMENTS_AT_ONCE = 2_000;

/**
 * Closes the oldest epoch whose challenge window is over: writes its statement, pays what follows from it, fixes its
 * root. Undefined if there is none. Each step is safe to repeat: after a crash the statement is the same again, and
 * payments that were made meet themselves.
 */
export async function closeNextEpoch(options: CloseOptions): Promise<ClosedEpoch | undefined> {
  const { db, reports, operations } = options;
  const epoch = await beginClosing(db.pool);
  if (epoch === undefined) return undefined;
  const { statement, payments } = await drawUpStatement(reports.pool, epoch);
  for (let start = 0; start < payments.length; start += PAYMENTS_AT_ONCE) {
    const batch = payments.slice(start, start + PAYMENTS_AT_ONCE);
    await Promise.all(batch.map((payment) => pay(operations, payment)));
  }
  await setClosed(db.pool, epoch.number, statement.root, statement.lines);
  return { epoch: epoch.number, statement };
}

async function pay(operations: Pick<OperationRunner, "run">, payment: Distribute): Promise<void> {
  const outcome = await operations.run(payment);
  if (outcome.kind === "distributed") return;
  const { distribution, epoch, receiver } = payment;
  throw new FlockError("internal", `${distribution} of epoch ${epoch} to ${receiver}: ${outcome.kind}`);
}
