import { type TreasuryPayout, TreasuryPayoutState } from "@flock/proto/treasury";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { flag, oneOf, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { page, uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { isFinal, PAYOUT_KINDS, payoutOf, payoutsOf, withdrawSigned } from "../../money/withdrawing.js";
import { amount, moment, pageOf, parametersOf, schemaOf } from "./described.js";
import { isoOf, jsonRoute, nextOf, pathOf, queryOf } from "./json-route.js";
import { SIGNED_BODY, SIGNED_ERRORS, signedTextOf } from "./signed-body.js";

const STATES: Readonly<Record<number, string>> = {
  [TreasuryPayoutState.REQUESTED]: "requested",
  [TreasuryPayoutState.REFUSED]: "refused",
  [TreasuryPayoutState.RESERVED]: "reserved",
  [TreasuryPayoutState.BATCHED]: "batched",
  [TreasuryPayoutState.PAID]: "paid",
  [TreasuryPayoutState.POSTED]: "posted",
  [TreasuryPayoutState.REJECTED]: "rejected",
  [TreasuryPayoutState.VOIDED]: "voided",
};

const withdrawalsQuery = z.object({
  account: z.enum(PAYOUT_KINDS, { error: "must be wallet or vested" }).default("wallet"),
  ...page,
});
const withdrawalPath = z.object({ id: uuid });

/** POST /flock/v1/withdrawals: hands a signed text to the treasury. */
export function withdraw(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const payout = await withdrawSigned(gateway, request.requestContext, await signedTextOf(request));
    return { withdrawal: payout === undefined ? null : payoutView(payout) };
  });
}

/** GET /flock/v1/withdrawals: payouts from the wallet, or those of vested earnings. */
export function withdrawals(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { account: kind, cursor, limit } = queryOf(request, withdrawalsQuery);
    const found = await payoutsOf(gateway, request.requestContext, { kind, cursor, limit });
    return { withdrawals: found.payouts.map(payoutView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** GET /flock/v1/withdrawals/:id: one payout of the account; those of others do not exist. */
export function withdrawal(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { id } = pathOf(request, withdrawalPath);
    return { withdrawal: payoutView(await payoutOf(gateway, request.requestContext, id)) };
  });
}

function payoutView(payout: TreasuryPayout) {
  return {
    id: payout.payoutId,
    ledger_account: payout.ledgerAccount,
    recipient: payout.recipient,
    amount_micro: payout.amountMicro,
    state: STATES[payout.state] ?? "unknown",
    is_final: isFinal(payout),
    signature: payout.signature === "" ? null : payout.signature,
    reason: payout.reason,
    created_at: isoOf(payout.createdUnixMs),
    updated_at: isoOf(payout.updatedUnixMs),
  };
}

const WITHDRAWAL_VIEW = told({
  id: string("A UUID."),
  ledger_account: string("From which it is paid."),
  recipient: string("The address that gets it."),
  amount_micro: amount("Paid out."),
  state: oneOf([...Object.values(STATES), "unknown"], "Where it stands."),
  is_final: flag("Nothing will change any more."),
  signature: orNull(string("Of the transfer on chain.")),
  reason: string("Why it was refused or rejected."),
  created_at: orNull(moment("When it was asked for.")),
  updated_at: orNull(moment("When it changed.")),
});

export const WITHDRAW: Operation = {
  id: "flockWithdraw",
  summary: "Hand in a withdrawal that a wallet signed",
  body: SIGNED_BODY,
  answers: answering(told({ withdrawal: orNull(WITHDRAWAL_VIEW) }), "The withdrawal."),
  errors: SIGNED_ERRORS,
};

export const WITHDRAWALS: Operation = {
  id: "flockWithdrawals",
  summary: "Withdrawals from the wallet, or those of vested earnings",
  query: schemaOf(withdrawalsQuery),
  answers: answering(pageOf("withdrawals", WITHDRAWAL_VIEW), "A page of withdrawals."),
  errors: ["failed_precondition"],
};

export const WITHDRAWAL: Operation = {
  id: "flockWithdrawal",
  summary: "One withdrawal of the account",
  path: parametersOf(withdrawalPath),
  answers: answering(told({ withdrawal: WITHDRAWAL_VIEW }), "The withdrawal."),
  errors: ["failed_precondition", "not_found"],
};
