import { Readable } from "node:stream";
import { FlockError } from "@flock/errors";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { clientAddressOf } from "../../http/client-address-of.js";
import { clientOf } from "../../limits/client-address.js";
import { statementPortions } from "../epoch-facts.js";
import type { MoneyGateway } from "../money-gateway.js";
import { epochPath } from "./epochs.js";
import { pathOf } from "./json-route.js";

/** Statements that are read at once, by whomever: each costs the ledger a query per portion. */
const READERS_MAX = 8;
/** By one client: else a few slow readers of one could keep everybody else out. */
const READERS_PER_CLIENT_MAX = 2;
const TEXT_TYPE = "application/x-ndjson; charset=utf-8";

/**
 * GET /flock/v1/epochs/:number/statement: the canonical lines of a closed epoch, exactly what its root is made of. The
 * next portion is asked for when the client has taken the one before, so that a statement of any length costs little
 * memory. When a portion cannot be read, the connection breaks: a statement that ends is whole.
 */
export function epochStatement(gateway: MoneyGateway): RouteHandlerMethod {
  const { logger } = gateway;
  const readers: string[] = [];
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { number } = pathOf(request, epochPath);
    const client = clientOf(clientAddressOf(request));
    refuseTooMany(readers, client);
    readers.push(client);
    reply.raw.once("close", () => readers.splice(readers.indexOf(client), 1));
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

/** @param readers The client of each statement that is being read. */
function refuseTooMany(readers: readonly string[], client: string): void {
  if (readers.length >= READERS_MAX)
    throw new FlockError("resource_exhausted", `${READERS_MAX} statements are being read, try again soon`);
  if (readers.filter((each) => each === client).length >= READERS_PER_CLIENT_MAX)
    throw new FlockError(
      "resource_exhausted",
      `too many statements at once: ${READERS_PER_CLIENT_MAX} are being sent to your address`,
    );
}

async function* startingWith(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
