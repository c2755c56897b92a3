import { readClaim } from "@flock/orders";
import {
  type DepositInstructionsReply,
  type DepositsReply,
  TREASURY,
  type TreasuryDeposit,
} from "@flock/proto/treasury";
import type { RequestContext } from "../request-context.js";
import { accountOf, type Page, tracing } from "./caller.js";
import type { MoneyGateway } from "./money-gateway.js";
import { type SignedText, signedOrder } from "./signed-order.js";

/** How to pay LLAMA into the account. */
export function howToDeposit(
  { services }: MoneyGateway,
  context: RequestContext,
): Promise<DepositInstructionsReply> {
  const accountId = accountOf(context);
  return services.ask(TREASURY.depositInstructions, { accountId }, tracing(context));
}

/** Finalized deposits of the account, or those from the wallet that nobody was credited for. */
export function depositsOf(
  { services }: MoneyGateway,
  context: RequestContext,
  { suspended, cursor, limit }: Page & { readonly suspended: boolean },
): Promise<DepositsReply> {
  const owner = accountOf(context);
  const whose = suspended ? { accountId: "", sender: owner } : { accountId: owner, sender: "" };
  return services.ask(TREASURY.deposits, { ...whose, cursor, limit }, tracing(context));
}

/** Credits a deposit in suspense to whom its sender names in a signed text. */
export async function claimDeposit(
  gateway: MoneyGateway,
  context: RequestContext,
  signed: SignedText,
): Promise<TreasuryDeposit | undefined> {
  signedOrder(signed, readClaim, gateway);
  const { deposit } = await gateway.services.ask(TREASURY.claim, signed, tracing(context));
  return deposit;
}
