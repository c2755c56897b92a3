import { FlockError } from "@flock/errors";
import { LEDGER_METHODS } from "@flock/mesh";
import { type Epoch, EpochState } from "@flock/proto";
import type { FastifyRequest, RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { answering, isoOf, nextOf, pathOf, queryOf, tracing } from "./exchange.js";
import { page } from "./fields.js";
import type { MoneyGateway } from "./gateway.js";

const STATES: Readonly<Record<number, string>> = {
  [EpochState.OPEN]: "open",
  [EpochState.ENDED]: "ended",
  [EpochState.CLOSING]: "closing",
  [EpochState.CLOSED]: "closed",
  [EpochState.ANCHORED]: "anchored",
};
const PAGE_LENGTH = 500;
/** 25 000 epochs back: a lifetime of days. Whoever needs older ones has their numbers from the list. */
const PAGES_MAX = 50;

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
    return epochView(await findEpoch(services, number, request));
  });
}

async function findEpoch(
  services: MoneyGateway["services"],
  number: number,
  request: FastifyRequest,
): Promise<Epoch> {
  let cursor = "";
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const asked = { cursor, limit: PAGE_LENGTH, state: EpochState.UNSPECIFIED };
    const found = await services.ask(LEDGER_METHODS.epochs, asked, tracing(request));
    const epochOfNumber = found.epochs.find((each) => each.number === number);
    if (epochOfNumber !== undefined) return epochOfNumber;
    const oldest = found.epochs.at(-1)?.number ?? 0;
    cursor = found.nextCursor;
    if (cursor === "" || oldest < number) break;
  }
  throw new FlockError("not_found", `there is no epoch ${number}`);
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
