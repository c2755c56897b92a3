import { FlockError } from "@flock/errors";
import { type MicroLlama, microLlama } from "@flock/money";
import { faultOfOrder, readUnstake } from "@flock/orders";
import { type CollectReply, LEDGER, type StakeReply, type UnstakeReply } from "@flock/proto/ledger";
import type { RequestContext } from "../request-context.js";
import { sessionOf, tracing } from "./caller.js";
import type { MoneyGateway } from "./money-gateway.js";
import { type SignedText, signedOrder } from "./signed-order.js";

/** An amount, and a UUID that is the same when the request is repeated. */
export interface AmountAsked {
  readonly requestId: string;
  readonly amount: MicroLlama;
}

/** Moves LLAMA from the wallet to the stake. */
export async function stakeAmount(
  { services, stakes }: MoneyGateway,
  context: RequestContext,
  { requestId, amount }: AmountAsked,
): Promise<StakeReply> {
  const owner = sessionOf(context).accountId;
  const asked = { requestId, owner, amountMicro: amount };
  const done = await services.ask(LEDGER.stake, asked, tracing(context));
  stakes.learn(owner, microLlama(done.stakedMicro));
  return done;
}

/** Moves vested earnings into the wallet of the same key. */
export function collectVested(
  { services }: MoneyGateway,
  context: RequestContext,
  { requestId, amount }: AmountAsked,
): Promise<CollectReply> {
  const asked = { requestId, workerId: sessionOf(context).accountId, amountMicro: amount };
  return services.ask(LEDGER.collect, asked, tracing(context));
}

/**
 * Begins the cooldown of what a wallet's signed text names. Refused on a network without a chain: the text would be
 * good on every other such network as well.
 */
export async function unstakeSigned(
  gateway: MoneyGateway,
  context: RequestContext,
  signed: SignedText,
): Promise<UnstakeReply & AmountAsked> {
  const { services, stakes, network, clock } = gateway;
  const order = signedOrder(signed, readUnstake, gateway);
  const { account: owner, amount, id: requestId } = order;
  const { genesisHash } = await network.read();
  const fault = faultOfOrder(order, genesisHash, clock.unixMs());
  if (fault !== undefined) throw new FlockError("invalid_argument", fault);
  const asked = { requestId, owner, amountMicro: amount };
  const done = await services.ask(LEDGER.unstake, asked, tracing(context));
  stakes.learn(owner, microLlama(done.stakedMicro));
  return { ...done, requestId, amount };
}
