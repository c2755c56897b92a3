import { TREASURY_METHODS } from "@flock/calls";
import { FlockError } from "@flock/errors";
import { readWithdrawal, type WithdrawalOrder } from "@flock/orders";
import { type TreasuryPayout, TreasuryPayoutState } from "@flock/proto";
import type { FastifyRequest, RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { withAmounts } from "../mesh-services.js";
import { accountOf, answering, isoOf, nextOf, pathOf, queryOf, tracing } from "./json-route.js";
import { page, uuid } from "./money-fields.js";
import type { MoneyGateway } from "./money-gateway.js";
import { signedOrderOf } from "./signed-order.js";

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
  account: z.enum(["wallet", "vested"], { error: "must be wallet or vested" }).default("wallet"),
  ...page,
});
const withdrawalPath = z.object({ id: uuid });

/** POST /flock/v1/withdrawals: hands a signed text to the treasury, which checks it again itself. */
export function withdraw(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { text, signature, order } = await signedOrderOf(request, readWithdrawal, gateway);
    const asked = { text, signature };
    try {
      const { payout } = await gateway.services.ask(TREASURY_METHODS.withdraw, asked, tracing(request));
      return { withdrawal: payout === undefined ? null : payoutView(payout) };
    } catch (thrown) {
      throw await explained(gateway, request, order, FlockError.from(thrown));
    }
  });
}

/** GET /flock/v1/withdrawals: payouts from the wallet, or those of vested earnings. */
export function withdrawals({ services }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { account: kind, cursor, limit } = queryOf(request, withdrawalsQuery);
    const ledgerAccount = `${kind}:${accountOf(request)}`;
    const found = await services.ask(
      TREASURY_METHODS.payouts,
      { payoutId: "", ledgerAccount, cursor, limit },
      tracing(request),
    );
    return { withdrawals: found.payouts.map(payoutView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** GET /flock/v1/withdrawals/:id: one payout of the account; those of others do not exist. */
export function withdrawal({ services }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { id } = pathOf(request, withdrawalPath);
    const owner = accountOf(request);
    const own = [`wallet:${owner}`, `vested:${owner}`];
    const asked = { payoutId: id, ledgerAccount: "", cursor: "", limit: 1 };
    const { payouts } = await services.ask(TREASURY_METHODS.payouts, asked, tracing(request));
    const found = payouts.find(({ ledgerAccount }) => own.includes(ledgerAccount));
    if (found === undefined) throw new FlockError("not_found", `there is no withdrawal ${id}`);
    return { withdrawal: payoutView(found) };
  });
}

/**
 * A refusal for want of money, with the amounts, which the treasury's record of a refusal does not have. The wallet has
 * signed, so the caller may know them.
 */
async function explained(
  { services }: MoneyGateway,
  request: FastifyRequest,
  order: WithdrawalOrder,
  error: FlockError,
): Promise<FlockError> {
  if (error.code !== "insufficient_funds") return error;
  const { available, heldByJobs } = await services.balance(`wallet:${order.account}`, tracing(request));
  const details = {
    neededMicro: String(order.amount),
    availableMicro: String(available),
    heldMicro: String(heldByJobs),
  };
  return withAmounts(new FlockError(error.code, error.message, { details, cause: error }));
}

function payoutView(payout: TreasuryPayout) {
  return {
    id: payout.payoutId,
    ledger_account: payout.ledgerAccount,
    recipient: payout.recipient,
    amount_micro: payout.amountMicro,
    state: STATES[payout.state] ?? "unknown",
    is_final: FINAL_STATES.has(payout.state),
    signature: payout.signature === "" ? null : payout.signature,
    reason: payout.reason,
    created_at: isoOf(payout.createdUnixMs),
    updated_at: isoOf(payout.updatedUnixMs),
  };
}

const FINAL_STATES: ReadonlySet<TreasuryPayoutState> = new Set([
  TreasuryPayoutState.REFUSED,
  TreasuryPayoutState.POSTED,
  TreasuryPayoutState.VOIDED,
]);
