import { type Transfer, TransferPhase as WirePhase } from "@flock/proto/ledger";
import type { AccountCode } from "../domain/account-code.js";
import type { TransferKind } from "../domain/operations.js";
import { type PlannedTransfer, type TransferPhase, transferId } from "../domain/transfer.js";
import { unixMs } from "./unix-ms.js";

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

/** How `created_unix_ms` is read. */
export const CREATED_UNIX_MS = `${unixMs("t.created_at")} AS created_unix_ms`;

const WIRE_PHASES: Readonly<Record<TransferPhase, WirePhase>> = {
  single: WirePhase.SINGLE,
  pending: WirePhase.PENDING,
  post: WirePhase.POST,
  void: WirePhase.VOID,
  expire: WirePhase.EXPIRE,
};

/**
 * SQL for the canonical text of a recorded transfer: the rule of src/domain/chain-hash.ts once more, for audits, which
 * read too many to hash them here. @param row has the columns of a {@link RecordedTransfer}, and `created_at`
 */
export function canonicalSql(row: string): string {
  const phases = Object.entries(WIRE_PHASES).map(([phase, wire]) => `WHEN '${phase}' THEN ${wire}`);
  const fields = [
    `${row}.seq`,
    `${row}.id`,
    `${row}.kind`,
    `CASE ${row}.phase ${phases.join(" ")} END`,
    `${row}.debit_code`,
    `${row}.credit_code`,
    `${row}.amount`,
    `${row}.business_id`,
    unixMs(`${row}.created_at`),
  ];
  return `concat_ws(E'\\t', ${fields.join(", ")}) || E'\\n'`;
}

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

/** The wire form of a transfer that was just written; the same as what is read back. */
export function plannedMessage(planned: PlannedTransfer, seq: bigint, createdUnixMs: number): Transfer {
  const { kind, phase, businessId, debit, credit, amount } = planned;
  return {
    transferId: transferId(kind, businessId),
    kind,
    debitAccount: debit,
    creditAccount: credit,
    amountMicro: amount,
    businessId,
    createdUnixMs,
    sequence: seq,
    phase: WIRE_PHASES[phase],
  };
}
