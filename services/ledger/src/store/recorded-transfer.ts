import { type Transfer, TransferPhase as WirePhase } from "@flock/proto";
import type { AccountCode } from "../domain/account-code.js";
import type { TransferKind, TransferPhase } from "../domain/transfer.js";

/** A transfer as it is read back, with the codes of its accounts. */
export interface RecordedTransfer {
  readonly seq: bigint;
  readonly id: string;
  readonly kind: TransferKind;
  readonly phase: TransferPhase;
  readonly debit_code: AccountCode;
  readonly credit_code: AccountCode;
  readonly amount: bigint;
  readonly business_id: string;
  readonly created_unix_ms: bigint;
}

/** How `created_unix_ms` is read: parsing a date for every row would be a good part of publishing it. */
export const CREATED_UNIX_MS = "(extract(epoch FROM t.created_at) * 1000)::bigint AS created_unix_ms";

const WIRE_PHASES: Readonly<Record<TransferPhase, WirePhase>> = {
  single: WirePhase.SINGLE,
  pending: WirePhase.PENDING,
  post: WirePhase.POST,
  void: WirePhase.VOID,
  expire: WirePhase.EXPIRE,
};

/** The wire form of a recorded transfer. */
export function transferMessage(transfer: RecordedTransfer): Transfer {
  return {
    transferId: transfer.id,
    kind: transfer.kind,
    debitAccount: transfer.debit_code,
    creditAccount: transfer.credit_code,
    amountMicro: transfer.amount,
    businessId: transfer.business_id,
    createdUnixMs: Number(transfer.created_unix_ms),
    sequence: transfer.seq,
    phase: WIRE_PHASES[transfer.phase],
  };
}
