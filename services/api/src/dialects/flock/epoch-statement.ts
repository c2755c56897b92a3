import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { clientAddressOf } from "../../http/client-address-of.js";
import type { Operation } from "../../http/openapi/operation.js";
import { statementPortions } from "../../money/epoch-facts.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { parametersOf } from "./described.js";
import { epochPath } from "./epochs.js";
import { pathOf } from "./json-route.js";

const TEXT_TYPE = "application/x-ndjson; charset=utf-8";

/**
 * GET /flock/v1/epochs/:number/statement: the canonical lines of a closed epoch, exactly what its root is made of. The
 * next portion is asked for when the client has taken the one before, so that a statement of any length costs little
 * memory. When a portion cannot be read, the connection breaks: a statement that ends is whole.
 */
export function epochStatement(gateway: MoneyGateway): RouteHandlerMethod {
  const { logger, statementReaders } = gateway;
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { number } = pathOf(request, epochPath);
    reply.raw.once("close", statementReaders.begin(clientAddressOf(request)));
    const portions = statementPortions(gateway, request.requestContext, number);
    // Before the head is sent, so that a refusal has its own status.
    const first = await portions.next();
    reply.type(TEXT_TYPE).header("cache-control", "no-store");
    const stream = Readable.from(startingWith(first, portions), { objectMode: false });
    stream.once("error", (error) => {
      logger.warn({ err: error, requestId: request.id }, "a statement could not be read to its end");
    });
    return reply.send(stream);
  };
}

async function* startingWith(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

export const EPOCH_STATEMENT: Operation = {
  id: "flockEpochStatement",
  summary: "The canonical lines of a closed epoch",
  description: "Exactly what its root is made of. If it cannot be read to its end, the connection breaks.",
  path: parametersOf(epochPath),
  answers: { "application/x-ndjson": { description: "The lines, as text.", isStream: true } },
  errors: ["failed_precondition", "not_found"],
};
