import { FlockError } from "@flock/errors";
import type { FastifyRequest, RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { amountMicro, uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { type AmountAsked, collectVested, stakeAmount, unstakeSigned } from "../../money/staking.js";
import { amount, moment, schemaOf } from "./described.js";
import { bodyOf, isoOf, jsonRoute } from "./json-route.js";
import { SIGNED_BODY, SIGNED_ERRORS, signedTextOf } from "./signed-body.js";

const amountBody = z.object({ id: uuid.optional(), amount_micro: amountMicro });
/** As clients send it: bare, or in quotes as structured headers have it. */
const idempotencyKey = z
  .string()
  .transform((value) => value.replace(/^"(.*)"$/, "$1"))
  .pipe(uuid)
  .optional();

/** POST /flock/v1/stakes: moves LLAMA from the wallet to the stake. */
export function stake(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const asked = await amountAsked(request);
    const done = await stakeAmount(gateway, request.requestContext, asked);
    return { id: asked.requestId, stake_micro: done.stakedMicro, available_micro: done.availableMicro };
  });
}

/** POST /flock/v1/collects: moves vested earnings into the wallet of the same key. */
export function collect(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const asked = await amountAsked(request);
    const done = await collectVested(gateway, request.requestContext, asked);
    return { id: asked.requestId, vested_micro: done.vestedMicro, available_micro: done.availableMicro };
  });
}

/** POST /flock/v1/unstakes: begins the cooldown of what a wallet's signed text names. */
export function unstake(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const done = await unstakeSigned(gateway, request.requestContext, await signedTextOf(request));
    return {
      id: done.requestId,
      amount_micro: done.amount,
      stake_micro: done.stakedMicro,
      release_at: isoOf(done.releaseUnixMs),
    };
  });
}

/** Amount and idempotency key: the field `id`, or the header that many clients have for it. */
async function amountAsked(request: FastifyRequest): Promise<AmountAsked> {
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

const AMOUNT_BODY = {
  schema: schemaOf(amountBody),
  example: { id: "0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e", amount_micro: "1500000" },
};
const HEADERS = { "idempotency-key": string("The same as `id`, for clients that have a header for it.") };
const ID = string("Of the request.");

export const STAKE: Operation = {
  id: "flockStake",
  summary: "Move LLAMA from the wallet to the stake",
  headers: HEADERS,
  body: AMOUNT_BODY,
  answers: answering(
    told({ id: ID, stake_micro: amount("The stake now."), available_micro: amount("Left in the wallet.") }),
  ),
  errors: ["insufficient_funds", "already_exists"],
};

export const COLLECT: Operation = {
  id: "flockCollect",
  summary: "Move vested earnings into the wallet of the same key",
  headers: HEADERS,
  body: AMOUNT_BODY,
  answers: answering(
    told({ id: ID, vested_micro: amount("Left of them."), available_micro: amount("In the wallet now.") }),
  ),
  errors: ["insufficient_funds", "already_exists"],
};

export const UNSTAKE: Operation = {
  id: "flockUnstake",
  summary: "Begin the cooldown of what a wallet's signed text names",
  body: SIGNED_BODY,
  answers: answering(
    told({
      id: ID,
      amount_micro: amount("That cools down."),
      stake_micro: amount("The stake now."),
      release_at: orNull(moment("When it is in the wallet.")),
    }),
  ),
  errors: SIGNED_ERRORS,
};
