import { FlockError } from "@flock/errors";
import { readWithdrawal, type WithdrawalOrder } from "@flock/orders";
import { type PayoutsReply, TREASURY, type TreasuryPayout, TreasuryPayoutState } from "@flock/proto/treasury";
import { withAmounts } from "../mesh-services.js";
import type { RequestContext } from "../request-context.js";
import { accountOf, type Page, tracing } from "./caller.js";
import type { MoneyGateway } from "./money-gateway.js";
import { type SignedText, signedOrder } from "./signed-order.js";

/** What payouts are paid from. */
export const PAYOUT_KINDS = ["wallet", "vested"] as const;

const FINAL_STATES: ReadonlySet<TreasuryPayoutState> = new Set([
  TreasuryPayoutState.REFUSED,
  TreasuryPayoutState.POSTED,
  TreasuryPayoutState.VOIDED,
]);

/** Hands a signed text to the treasury, which checks it again itself. */
export async function withdrawSigned(
  gateway: MoneyGateway,
  context: RequestContext,
  signed: SignedText,
): Promise<TreasuryPayout | undefined> {
  const order = signedOrder(signed, readWithdrawal, gateway);
  try {
    const { payout } = await gateway.services.ask(TREASURY.withdraw, signed, tracing(context));
    return payout;
  } catch (thrown) {
    throw await explained(gateway, context, order, FlockError.from(thrown));
  }
}

/** Payouts from the wallet, or those of vested earnings. */
export function payoutsOf(
  { services }: MoneyGateway,
  context: RequestContext,
  { kind, cursor, limit }: Page & { readonly kind: (typeof PAYOUT_KINDS)[number] },
): Promise<PayoutsReply> {
  const asked = { payoutId: "", ledgerAccount: `${kind}:${accountOf(context)}`, cursor, limit };
  return services.ask(TREASURY.payouts, asked, tracing(context));
}

/** One payout of the account; those of others do not exist. */
export async function payoutOf(
  { services }: MoneyGateway,
  context: RequestContext,
  id: string,
): Promise<TreasuryPayout> {
  const owner = accountOf(context);
  const own = PAYOUT_KINDS.map((kind) => `${kind}:${owner}`);
  const asked = { payoutId: id, ledgerAccount: "", cursor: "", limit: 1 };
  const { payouts } = await services.ask(TREASURY.payouts, asked, tracing(context));
  const found = payouts.find(({ ledgerAccount }) => own.includes(ledgerAccount));
  if (found === undefined) throw new FlockError("not_found", `there is no withdrawal ${id}`);
  return found;
}

/** Whether nothing will happen to the payout any more. */
export function isFinal({ state }: TreasuryPayout): boolean {
  return FINAL_STATES.has(state);
}

/**
 * A refusal for want of money, with the amounts, which the treasury's record of a refusal does not have. The wallet has
 * signed, so the caller may know them.
 */
async function explained(
  { services }: MoneyGateway,
  context: RequestContext,
  order: WithdrawalOrder,
  error: FlockError,
): Promise<FlockError> {
  if (error.code !== "insufficient_funds") return error;
  const { available, heldByJobs } = await services.balance(`wallet:${order.account}`, tracing(context));
  const details = {
    neededMicro: String(order.amount),
    availableMicro: String(available),
    heldMicro: String(heldByJobs),
  };
  return withAmounts(new FlockError(error.code, error.message, { details, cause: error }));
}
