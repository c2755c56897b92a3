import { type Database, databaseError } from "@flock/database";
import { FlockError } from "@flock/errors";
import { checkedLimit, method, pageOf, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER, PayoutState as WireState } from "@flock/proto/ledger";
import { vestedOf } from "../domain/account-code.js";
import type { EndPayoutOutcome, PayoutState } from "../domain/payouts.js";
import type { OperationRunner } from "../operation-runner.js";
import { readPayable } from "../store/payable.js";
import type { LedgerSchema } from "../store/schema.js";
import { insufficientFundsOf } from "./refusals.js";
import { checkedAccount, checkedAmount, checkedId, checkedSignature } from "./request-checks.js";

const WIRE_STATES: Readonly<Record<PayoutState, WireState>> = {
  reserved: WireState.RESERVED,
  posted: WireState.POSTED,
  voided: WireState.VOIDED,
};

/** `svc.ledger.reserve-payout` */
export function reservePayoutMethod(operations: OperationRunner, db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.reservePayout, async (request, { deadlineUnixMs }) => {
    const payoutId = checkedId("payout_id", request.payoutId);
    const account = checkedAccount(request.ledgerAccount);
    if (!/^(wallet|vested):/.test(account))
      throw new FlockError("invalid_argument", `nothing is paid out from ${account}`);
    const amount = checkedAmount("amount", request.amountMicro, 1n);
    const reserve = { kind: "reserve_payout", payoutId, account, amount } as const;
    const outcome = await operations.run(reserve, deadlineUnixMs - Date.now());
    switch (outcome.kind) {
      case "payout": {
        const { state, available: availableMicro } = outcome;
        return { version: PROTOCOL_VERSION, state: WIRE_STATES[state], availableMicro };
      }
      case "insufficient_funds":
        throw await insufficientFundsOf(db, account, amount, outcome.available);
      case "conflict":
        throw new FlockError("already_exists", `another payout ${payoutId} exists`);
    }
  });
}

/** `svc.ledger.post-payout` */
export function postPayoutMethod(operations: OperationRunner): ServedMethod {
  return method(LEDGER.postPayout, async (request, { deadlineUnixMs }) => {
    const payoutId = checkedId("payout_id", request.payoutId);
    const signature = checkedSignature(request.signature);
    const post = { kind: "post_payout", payoutId, signature } as const;
    const outcome = await operations.run(post, deadlineUnixMs - Date.now());
    return ended(payoutId, "posted", outcome);
  });
}

/** `svc.ledger.void-payout` */
export function voidPayoutMethod(operations: OperationRunner): ServedMethod {
  return method(LEDGER.voidPayout, async (request, { deadlineUnixMs }) => {
    const payoutId = checkedId("payout_id", request.payoutId);
    const outcome = await operations.run({ kind: "void_payout", payoutId }, deadlineUnixMs - Date.now());
    return ended(payoutId, "voided", outcome);
  });
}

/** `svc.ledger.payable`. The cursor is the last worker of the page before. */
export function payableMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.payable, async (request) => {
    const threshold = checkedAmount("threshold", request.thresholdMicro, 1n);
    const after = request.cursor === "" ? "" : checkedId("cursor", request.cursor);
    const limit = checkedLimit(request.limit);
    const found = await readPayable(db, threshold, after, limit + 1).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    const { items, nextCursor } = pageOf(found, limit, ({ workerId }) => workerId);
    return {
      version: PROTOCOL_VERSION,
      accounts: items.map(({ workerId, available }) => ({
        workerId,
        ledgerAccount: vestedOf(workerId),
        availableMicro: available,
      })),
      nextCursor,
    };
  });
}

function ended(payoutId: string, asked: "posted" | "voided", outcome: EndPayoutOutcome) {
  switch (outcome.kind) {
    case "payout_ended":
      if (outcome.state === asked) return { version: PROTOCOL_VERSION, state: WIRE_STATES[asked] };
      throw new FlockError("failed_precondition", `payout ${payoutId} is ${outcome.state}`);
    case "conflict":
      throw new FlockError("already_exists", `payout ${payoutId} was posted with another signature`);
    case "not_found":
      throw new FlockError("not_found", `payout ${payoutId} was never reserved`);
  }
}
