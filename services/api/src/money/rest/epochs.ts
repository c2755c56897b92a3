import { type Epoch, EpochState } from "@flock/proto/ledger";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { epochOf, hasStatement, latestEpochs } from "../epoch-facts.js";
import { page } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { answering, isoOf, nextOf, pathOf, queryOf } from "./json-route.js";

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
export function epochs(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const found = await latestEpochs(gateway, request.requestContext, queryOf(request, epochsQuery));
    return { epochs: found.epochs.map(epochView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** GET /flock/v1/epochs/:number */
export function epoch(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { number } = pathOf(request, epochPath);
    return epochView(await epochOf(gateway, request.requestContext, number));
  });
}

function epochView(found: Epoch) {
  const isStated = hasStatement(found);
  return {
    number: found.number,
    state: STATES[found.state] ?? "unknown",
    starts_at: isoOf(found.startsUnixMs),
    ends_at: isoOf(found.endsUnixMs),
    closes_at: isoOf(found.closesUnixMs),
    parameters_version: found.parametersVersion,
    statement_root: isStated ? Buffer.from(found.statementRoot).toString("hex") : null,
    statement_lines: isStated ? found.statementLines : null,
    anchor_signature: found.anchorSignature === "" ? null : found.anchorSignature,
  };
}
