import { FlockError } from "@flock/errors";
import {
  type DepositAssignment,
  type PayoutStop,
  type TreasuryDeposit,
  TreasuryDepositState,
  type TreasuryPayout,
  TreasuryPayoutState,
} from "@flock/proto/treasury";
import type { MovementState } from "../domain/movement.js";
import type { PayoutState } from "../domain/payout.js";
import type { Assignment } from "../store/assignments.js";
import type { MovementRecord } from "../store/movements.js";
import type { PayoutRecord } from "../store/payouts.js";
import type { Stop } from "../store/stops.js";

/*
 * Between what callers send and get, and what the treasury works with.
 */

const PAYOUT_STATES: Readonly<Record<PayoutState, TreasuryPayoutState>> = {
  requested: TreasuryPayoutState.REQUESTED,
  refused: TreasuryPayoutState.REFUSED,
  reserved: TreasuryPayoutState.RESERVED,
  batched: TreasuryPayoutState.BATCHED,
  paid: TreasuryPayoutState.PAID,
  posted: TreasuryPayoutState.POSTED,
  rejected: TreasuryPayoutState.REJECTED,
  voided: TreasuryPayoutState.VOIDED,
};

const DEPOSIT_STATES: Readonly<Record<MovementState, TreasuryDepositState>> = {
  seen: TreasuryDepositState.SEEN,
  credited: TreasuryDepositState.CREDITED,
  suspended: TreasuryDepositState.SUSPENDED,
  claimed: TreasuryDepositState.CLAIMED,
  noted: TreasuryDepositState.UNSPECIFIED,
};

export function payoutState(state: PayoutState): TreasuryPayoutState {
  return PAYOUT_STATES[state];
}

export function payoutMessage(payout: PayoutRecord): TreasuryPayout {
  const { refusedWith, reason } = payout;
  return {
    payoutId: payout.id,
    ledgerAccount: payout.ledgerAccount,
    recipient: payout.recipient,
    amountMicro: payout.amount,
    state: payoutState(payout.state),
    signature: payout.signature,
    reason: refusedWith === undefined ? reason : `${refusedWith}: ${reason}`,
    createdUnixMs: payout.createdAt.getTime(),
    updatedUnixMs: payout.updatedAt.getTime(),
  };
}

export function depositMessage(deposit: MovementRecord): TreasuryDeposit {
  return {
    signature: deposit.signature,
    amountMicro: deposit.delta,
    state: DEPOSIT_STATES[deposit.state],
    accountId: deposit.accountId,
    sender: deposit.sender,
    reason: deposit.reason,
    slot: Number(deposit.slot),
    seenUnixMs: deposit.seenAt.getTime(),
    named: deposit.named || undefined,
  };
}

export function assignmentMessage({ operator, reason, assignedAt }: Assignment): DepositAssignment {
  return { operator, reason, assignedUnixMs: assignedAt.getTime() };
}

export function stopMessage(stop: Stop): PayoutStop {
  return {
    stopId: Number(stop.id),
    kind: stop.kind,
    reason: stop.reason,
    sinceUnixMs: stop.since.getTime(),
  };
}

export function invalid(message: string): FlockError {
  return new FlockError("invalid_argument", message);
}

const TEXT_LENGTH_MAX = 500;

/**
 * What an operator puts on record: who, and why. 1 to 500 characters.
 * @throws FlockError `invalid_argument` naming the field
 */
export function checkedText(name: string, text: string): string {
  if (text.trim() === "" || text.length > TEXT_LENGTH_MAX || text.includes("\0"))
    throw invalid(`${name} must be 1 to ${TEXT_LENGTH_MAX} characters`);
  return text;
}
