import { type TreasuryPayout, TreasuryPayoutState } from "@flock/proto/treasury";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { page, uuid } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { isFinal, PAYOUT_KINDS, payoutOf, payoutsOf, withdrawSigned } from "../withdrawing.js";
import { answering, isoOf, nextOf, pathOf, queryOf, signedTextOf } from "./json-route.js";

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
  return answering(async (request) => {
    const payout = await withdrawSigned(gateway, request.requestContext, await signedTextOf(request));
    return { withdrawal: payout === undefined ? null : payoutView(payout) };
  });
}

/** GET /flock/v1/withdrawals: payouts from the wallet, or those of vested earnings. */
export function withdrawals(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { account: kind, cursor, limit } = queryOf(request, withdrawalsQuery);
    const found = await payoutsOf(gateway, request.requestContext, { kind, cursor, limit });
    return { withdrawals: found.payouts.map(payoutView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** GET /flock/v1/withdrawals/:id: one payout of the account; those of others do not exist. */
export function withdrawal(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
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
