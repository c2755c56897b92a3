import { LEDGER_METHODS } from "@flock/calls";
import { FlockError } from "@flock/errors";
import { type Epoch, EpochState } from "@flock/proto";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { answering, isoOf, nextOf, pathOf, queryOf, tracing } from "./json-route.js";
import { page } from "./money-fields.js";
import type { MoneyGateway } from "./money-gateway.js";

const STATES: Readonly<Record<number, string>> = {
  [EpochState.OPEN]: "open",
  [EpochState.ENDED]: "ended",
  [EpochState.CLOSING]: "closing",
  [EpochState.CLOSED]: "closed",
  [EpochState.ANCHORED]: "anchored",
};

const epochsQuery = z.object(page);
export const epochPath = z.object({
  number: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,14})$/, "must be an epoch's number, from 0")
    .transform(Number),
});

/** GET /flock/v1/epochs: newest first. */
export function epochs({ services }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { cursor, limit } = queryOf(request, epochsQuery);
    const asked = { cursor, limit, state: EpochState.UNSPECIFIED };
    const found = await services.ask(LEDGER_METHODS.epochs, asked, tracing(request));
    return { epochs: found.epochs.map(epochView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** GET /flock/v1/epochs/:number */
export function epoch({ services }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { number } = pathOf(request, epochPath);
    const found = await services.ask(LEDGER_METHODS.epoch, { epoch: number }, tracing(request));
    if (found.epoch === undefined) throw new FlockError("internal", "the ledger answered without an epoch");
    return epochView(found.epoch);
  });
}

function epochView(found: Epoch) {
  const hasStatement = found.state === EpochState.CLOSED || found.state === EpochState.ANCHORED;
  return {
    number: found.number,
    state: STATES[found.state] ?? "unknown",
    starts_at: isoOf(found.startsUnixMs),
    ends_at: isoOf(found.endsUnixMs),
    closes_at: isoOf(found.closesUnixMs),
    parameters_version: found.parametersVersion,
    statement_root: hasStatement ? Buffer.from(found.statementRoot).toString("hex") : null,
    statement_lines: hasStatement ? found.statementLines : null,
    anchor_signature: found.anchorSignature === "" ? null : found.anchorSignature,
  };
}
