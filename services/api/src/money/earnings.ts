import { LEDGER_METHODS } from "@flock/calls";
import { FlockError } from "@flock/errors";
import type { DayEarnings } from "@flock/proto";
import type { FastifyRequest, RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { accountOf, answering, queryOf, tracing } from "./json-route.js";
import { day } from "./money-fields.js";
import type { MoneyGateway } from "./money-gateway.js";

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 7;
const DAYS_MAX = 366;
/** What the ledger tells in one answer. */
const DAYS_PER_PAGE = 31;
/** Enough for a worker that earned on every day of twenty years, should somebody ask for the first of them. */
const PAGES_MAX = 240;

const earningsQuery = z.object({ from: day.optional(), to: day.optional() });

/** GET /flock/v1/earnings: what the key's worker earned by its jobs, per UTC day and model, newest day first. */
export function earnings({ services, clock }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { from, to } = rangeOf(queryOf(request, earningsQuery), dayOf(clock.unixMs()));
    const workerId = accountOf(request);
    const found = await readEarnings(services, workerId, from, request);
    const inRange = found.filter((row) => row.day >= from && row.day <= to);
    return {
      worker: workerId,
      from,
      to,
      earnings: inRange.map(earningsView),
      total_micro: inRange.reduce((sum, row) => sum + row.shareMicro - row.clawedBackMicro, 0n),
    };
  });
}

function rangeOf(query: z.output<typeof earningsQuery>, today: string): { from: string; to: string } {
  const to = query.to ?? today;
  const from = query.from ?? dayOf(Date.parse(to) - (DAYS_DEFAULT - 1) * DAY_MS);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1) throw new FlockError("invalid_argument", `from: ${from} is after ${to}`);
  if (days > DAYS_MAX)
    throw new FlockError(
      "invalid_argument",
      `from: ${days} days are asked for, at most ${DAYS_MAX} are told`,
    );
  return { from, to };
}

/** All days with earnings down to `from`. */
async function readEarnings(
  services: MoneyGateway["services"],
  workerId: string,
  from: string,
  request: FastifyRequest,
): Promise<DayEarnings[]> {
  const all: DayEarnings[] = [];
  let cursor = "";
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const found = await services.ask(
      LEDGER_METHODS.earnings,
      { workerId, cursor, days: DAYS_PER_PAGE },
      tracing(request),
    );
    all.push(...found.earnings);
    cursor = found.nextCursor;
    if (cursor === "" || (found.earnings.at(-1)?.day ?? from) < from) break;
  }
  return all;
}

function earningsView(row: DayEarnings) {
  return {
    day: row.day,
    model: row.model,
    jobs: String(row.jobs),
    prompt_tokens: String(row.promptTokens),
    completion_tokens: String(row.completionTokens),
    share_micro: row.shareMicro,
    clawed_back_micro: row.clawedBackMicro,
  };
}

function dayOf(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 10);
}
