import { type Epoch, EpochState } from "@flock/proto/ledger";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { integer, named, oneOf, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { epochOf, hasStatement, latestEpochs } from "../../money/epoch-facts.js";
import { page } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { moment, pageOf, parametersOf, schemaOf } from "./described.js";
import { isoOf, jsonRoute, nextOf, pathOf, queryOf } from "./json-route.js";

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
  return jsonRoute(async (request) => {
    const found = await latestEpochs(gateway, request.requestContext, queryOf(request, epochsQuery));
    return { epochs: found.epochs.map(epochView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** GET /flock/v1/epochs/:number */
export function epoch(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
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

const EPOCH_VIEW = named(
  "FlockEpoch",
  told({
    number: integer("From 0.", { minimum: 0 }),
    state: oneOf([...Object.values(STATES), "unknown"], "Where it stands."),
    starts_at: orNull(moment("When it begins.")),
    ends_at: orNull(moment("When it ends.")),
    closes_at: orNull(moment("When its books are closed.")),
    parameters_version: integer("Of the parameters that were in force."),
    statement_root: orNull(string("Of its statement, in hex.", { pattern: "^[0-9a-f]*$" })),
    statement_lines: orNull(integer("Of its statement.", { minimum: 0 })),
    anchor_signature: orNull(string("Of the transaction on chain that has the root.")),
  }),
);

export const EPOCHS: Operation = {
  id: "flockEpochs",
  summary: "The epochs",
  query: schemaOf(epochsQuery),
  answers: answering(pageOf("epochs", EPOCH_VIEW), "A page of epochs."),
};

export const EPOCH: Operation = {
  id: "flockEpoch",
  summary: "One epoch",
  path: parametersOf(epochPath),
  answers: answering(EPOCH_VIEW, "The epoch."),
  errors: ["not_found"],
};
