/*
 * A job's money: held before it runs, settled or given back when it has ended.
 */
import { minMicro } from "@flock/money";
import { earningsOf, PROTOCOL_ACCOUNTS, walletOf } from "./account-code.js";
import type { Draft, PlannedSettlement, TransferFact } from "./draft.js";
import type {
  Expire,
  Hold,
  HoldOutcome,
  Settle,
  SettleOutcome,
  Void,
  VoidOutcome,
} from "./job-operations.js";
import { NO_ACCOUNTS, type OperationRule } from "./operation-rule.js";
import { hashOf } from "./request-hash.js";
import { chargeFor } from "./settlement.js";
import { transferId } from "./transfer.js";

/** A job that costs nothing is settled by a void, one that comes too late expires. */
type SettlementKind = "settlement" | "fee" | "void" | "expire";

/** Tells a repeated hold from another one for the same job. */
export function holdHash(hold: Hold): string {
  return hashOf([hold.jobId, hold.accountId, hold.amountMax, hold.amountMin, hold.timeoutMs]);
}

/** Tells a repeated completion event from another one for the same job: by what decides who pays whom how much. */
export function settleHash(settle: Settle): string {
  return hashOf([
    settle.jobId,
    settle.accountId,
    settle.workerId,
    settle.requesterId,
    settle.promptTokens,
    settle.completionTokens,
    settle.promptPrice,
    settle.completionPrice,
    settle.finishedAtMs,
    settle.receiptHash,
    settle.modelDigest,
    settle.model,
  ]);
}

/** Reserves what there is between the least and the most that was asked for. */
function planHold(draft: Draft<"hold">, hold: Hold): HoldOutcome {
  const hash = holdHash(hold);
  const wallet = walletOf(hold.accountId);
  const available = draft.available(wallet);
  const before = draft.transfer(transferId("hold", hold.jobId));
  if (before !== undefined) {
    if (before.requestHash !== hash) return { kind: "conflict" };
    if (before.resolution !== undefined || before.isExpired === true) return { kind: "ended" };
    return { kind: "held", granted: before.amount, available };
  }
  const amount = minMicro(hold.amountMax, available);
  if (amount <= 0n || amount < hold.amountMin) return { kind: "insufficient_funds", available };
  draft.reserve({
    kind: "hold",
    phase: "pending",
    debit: wallet,
    credit: PROTOCOL_ACCOUNTS.jobsEscrow,
    amount,
    businessId: hold.jobId,
    timeoutMs: hold.timeoutMs,
    requestHash: hash,
  });
  return { kind: "held", granted: amount, available: draft.available(wallet) };
}

/** Charges the job to its hold, unless that is gone. */
function planSettle(draft: Draft<SettlementKind>, settle: Settle): SettleOutcome {
  const hash = settleHash(settle);
  const holdId = transferId("hold", settle.jobId);
  const hold = draft.transfer(holdId);
  if (hold === undefined) return { kind: "no_hold" };
  const wallet = hold.debit;
  if (wallet !== walletOf(settle.accountId)) return { kind: "conflict" };
  switch (hold.resolution?.phase) {
    case "post":
      return { kind: hold.resolution.requestHash === hash ? "already_settled" : "conflict" };
    case "expire":
      return { kind: "expired" };
    case "void":
      // A job that cost nothing is settled by a void that carries the event's hash.
      return { kind: hold.resolution.requestHash === hash ? "already_settled" : "voided" };
    case undefined:
      break;
  }
  if (hold.isExpired === true) {
    giveBack(draft, settle.jobId, hold, "expire");
    return { kind: "expired" };
  }
  const { workerShareBps } = draft.rules;
  const { amount: held } = hold;
  const charged = chargeFor(settle, held, workerShareBps);
  const settlement = { settle, wallet, earnings: earningsOf(settle.workerId), held, charged, workerShareBps };
  draft.recordSettlement(settlement);
  const { charge } = charged;
  if (charge === 0n) giveBack(draft, settle.jobId, hold, "void", hash);
  else post(draft, settlement, hold, holdId, hash);
  return { kind: "settled", charge };
}

/**
 * The linked set client → worker and client → protocol; the first of them resolves the hold. (Whole literals: this is
 * the hottest plan, and an object that is spread and then added to is slow to make.)
 */
function post(
  draft: Draft<"settlement" | "fee">,
  { settle: { jobId: businessId }, wallet: debit, earnings, charged }: PlannedSettlement,
  hold: TransferFact,
  pendingId: string,
  requestHash: string,
): void {
  const { workerShare, protocolShare } = charged;
  const credit = PROTOCOL_ACCOUNTS.fees;
  if (workerShare === 0n) {
    const amount = protocolShare;
    draft.resolve(hold, {
      kind: "fee",
      phase: "post",
      debit,
      credit,
      amount,
      businessId,
      pendingId,
      requestHash,
    });
    return;
  }
  draft.resolve(hold, {
    kind: "settlement",
    phase: "post",
    debit,
    credit: earnings,
    amount: workerShare,
    businessId,
    pendingId,
    requestHash,
  });
  if (protocolShare === 0n) return;
  const linkedId = transferId("settlement", businessId);
  draft.move({ kind: "fee", phase: "single", debit, credit, amount: protocolShare, businessId, linkedId });
}

/** Gives a hold back, if it is open and, to expire, its time is over. */
function planGiveBack(draft: Draft<"void" | "expire">, { jobId, kind: phase }: Void | Expire): VoidOutcome {
  const hold = draft.transfer(transferId("hold", jobId));
  if (hold === undefined || hold.resolution !== undefined) return { kind: "nothing_to_give_back" };
  if (phase === "expire" && hold.isExpired !== true) return { kind: "nothing_to_give_back" };
  giveBack(draft, jobId, hold, phase);
  return { kind: "given_back", amount: hold.amount };
}

function giveBack(
  draft: Draft<"void" | "expire">,
  jobId: string,
  hold: TransferFact,
  phase: "void" | "expire",
  requestHash?: string,
): void {
  draft.resolve(hold, {
    kind: phase,
    phase,
    debit: hold.debit,
    credit: PROTOCOL_ACCOUNTS.jobsEscrow,
    amount: hold.amount,
    businessId: jobId,
    pendingId: transferId("hold", jobId),
    ...(requestHash === undefined ? {} : { requestHash }),
  });
}

export const holdRule: OperationRule<Hold, HoldOutcome, "hold"> = {
  kind: "hold",
  makes: ["hold"],
  touches: ({ accountId }) => [walletOf(accountId)],
  opens: NO_ACCOUNTS,
  names: holdOf,
  plan: planHold,
};

export const settleRule: OperationRule<Settle, SettleOutcome, SettlementKind> = {
  kind: "settle",
  makes: ["settlement", "fee", "void", "expire"],
  resolves: "hold",
  isPatient: true,
  touches: ({ workerId }) => [earningsOf(workerId)],
  opens: ({ workerId }) => [earningsOf(workerId)],
  names: holdOf,
  plan: planSettle,
};

export const voidRule: OperationRule<Void, VoidOutcome, "void" | "expire"> = {
  kind: "void",
  makes: ["void"],
  resolves: "hold",
  isPatient: true,
  touches: NO_ACCOUNTS,
  opens: NO_ACCOUNTS,
  names: holdOf,
  plan: planGiveBack,
};

export const expireRule: OperationRule<Expire, VoidOutcome, "void" | "expire"> = {
  kind: "expire",
  makes: ["expire"],
  resolves: "hold",
  touches: NO_ACCOUNTS,
  opens: NO_ACCOUNTS,
  names: holdOf,
  plan: planGiveBack,
};

function holdOf({ jobId }: Hold | Settle | Void | Expire): string[] {
  return [transferId("hold", jobId)];
}
