import { LEDGER_METHODS } from "@flock/calls";
import { FlockError } from "@flock/errors";
import { type MicroLlama, microLlama } from "@flock/money";
import { faultOfOrder, readUnstake } from "@flock/orders";
import type { FastifyRequest, RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { accountOf, answering, bodyOf, isoOf, tracing } from "./json-route.js";
import { amountMicro, uuid } from "./money-fields.js";
import type { MoneyGateway } from "./money-gateway.js";
import { signedOrderOf } from "./signed-order.js";

const amountBody = z.object({ id: uuid.optional(), amount_micro: amountMicro });
/** As clients send it: bare, or in quotes as structured headers have it. */
const idempotencyKey = z
  .string()
  .transform((value) => value.replace(/^"(.*)"$/, "$1"))
  .pipe(uuid)
  .optional();

/** POST /flock/v1/stakes: moves LLAMA from the wallet to the stake. */
export function stake({ services, stakes }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { requestId, amount } = await amountRequest(request);
    const owner = accountOf(request);
    const done = await services.ask(
      LEDGER_METHODS.stake,
      { requestId, owner, amountMicro: amount },
      tracing(request),
    );
    stakes.learn(owner, microLlama(done.stakedMicro));
    return { id: requestId, stake_micro: done.stakedMicro, available_micro: done.availableMicro };
  });
}

/** POST /flock/v1/collects: moves vested earnings into the wallet of the same key. */
export function collect({ services }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { requestId, amount } = await amountRequest(request);
    const workerId = accountOf(request);
    const done = await services.ask(
      LEDGER_METHODS.collect,
      { requestId, workerId, amountMicro: amount },
      tracing(request),
    );
    return { id: requestId, vested_micro: done.vestedMicro, available_micro: done.availableMicro };
  });
}

/**
 * POST /flock/v1/unstakes: begins the cooldown of what a wallet's signed text names. Refused on a network without a
 * chain: the text would be good on every other such network as well.
 */
export function unstake(gateway: MoneyGateway): RouteHandlerMethod {
  const { services, stakes, network, clock } = gateway;
  return answering(async (request) => {
    const { order } = await signedOrderOf(request, readUnstake, gateway);
    const { account: owner, amount, id: requestId } = order;
    const { genesisHash } = await network.read();
    const fault = faultOfOrder(order, genesisHash, clock.unixMs());
    if (fault !== undefined) throw new FlockError("invalid_argument", fault);
    const done = await services.ask(
      LEDGER_METHODS.unstake,
      { requestId, owner, amountMicro: amount },
      tracing(request),
    );
    stakes.learn(owner, microLlama(done.stakedMicro));
    return {
      id: requestId,
      amount_micro: amount,
      stake_micro: done.stakedMicro,
      release_at: isoOf(done.releaseUnixMs),
    };
  });
}

/** Amount and idempotency key: the field `id`, or the header that many clients have for it. */
async function amountRequest(request: FastifyRequest): Promise<{ requestId: string; amount: MicroLlama }> {
  const { id, amount_micro: amount } = await bodyOf(request, amountBody);
  const header = idempotencyKey.safeParse(request.headers["idempotency-key"]);
  if (!header.success) throw new FlockError("invalid_argument", "header Idempotency-Key: must be a UUID");
  const requestId = id ?? header.data;
  if (requestId === undefined)
    throw new FlockError(
      "invalid_argument",
      "id: is required: a UUID, the same when the request is repeated",
      {
        details: { field: "id" },
      },
    );
  if (header.data !== undefined && header.data !== requestId)
    throw new FlockError("invalid_argument", "id: is another one than the header Idempotency-Key");
  return { requestId, amount };
}
