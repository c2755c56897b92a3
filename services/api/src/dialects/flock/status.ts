import type { RouteHandlerMethod } from "fastify";
import { flag, integer, list, oneOf, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import type { Status } from "../../status/status-board.js";
import { moment } from "./described.js";
import { jsonText, sendTagged } from "./json-route.js";

/** It is another one every 30 seconds at the most. */
const CACHING = "public, max-age=5";

/** GET /flock/v1/status: how services do, incidents, the last 90 days, and whether payouts are made. */
export function status({ status: board }: MoneyGateway): RouteHandlerMethod {
  return async (request, reply) =>
    sendTagged(request, reply, jsonText(statusView(await board.read())), CACHING);
}

function statusView({ asOfMs, services, incidents, days, payouts }: Status) {
  return {
    as_of: momentOf(asOfMs),
    services: services.map(({ name, state, instances, sinceMs, note }) => ({
      ...{ name, state, instances: instances ?? null },
      ...{ since: momentOf(sinceMs), note: note ?? null },
    })),
    incidents: incidents.map(({ id, service, beganMs, endedMs, effect, done }) => ({
      ...{ id, service, began_at: momentOf(beganMs), ended_at: momentOf(endedMs) },
      ...{ effect, done: done ?? null },
    })),
    days,
    payouts:
      payouts === undefined
        ? null
        : { halted: payouts.isHalted, reason: payouts.reason ?? null, since: momentOf(payouts.sinceMs) },
  };
}

function momentOf(unixMs: number | undefined): string | null {
  return unixMs === undefined ? null : new Date(unixMs).toISOString();
}

const SERVICE = told({
  name: string("`api`, `router`, `ledger`, `treasury`, `database`, `messages` (NATS)."),
  state: oneOf(["ok", "degraded", "down", "unknown"], "`unknown`: nobody has looked lately."),
  instances: orNull(integer("Processes that answer; null: unknown.", { minimum: 0 })),
  since: orNull(moment("It is in this state; null: unknown.")),
  note: orNull(string("Why it is not `ok`.")),
});

const INCIDENT = told({
  id: string("UUID.", { format: "uuid" }),
  service: string("Its name."),
  began_at: moment("The first sample that showed it."),
  ended_at: orNull(moment("The first sample that did not; null: it goes on.")),
  effect: string("What users notice."),
  done: orNull(string("What operators did, in their words.")),
});

const DAY = told({
  day: string("UTC.", { format: "date" }),
  services: list(
    told({
      name: string("Of the service."),
      ok: integer("Samples that showed it `ok`.", { minimum: 0 }),
      samples: integer("Samples; a day has 2 880.", { minimum: 1 }),
    }),
    "Empty: nobody looked.",
  ),
});

export const STATUS: Operation = {
  id: "flockStatus",
  summary: "How services do, incidents, and the last 90 days",
  isCached: true,
  answers: answering(
    told({
      as_of: orNull(moment("Somebody looked last; null: nobody has.")),
      services: list(SERVICE, "In a fixed order."),
      incidents: list(INCIDENT, "Newest first; those that go on, and those of the last 90 days, at most 50."),
      days: list(DAY, "90 of them, oldest first."),
      payouts: orNull(
        told({
          halted: flag("None is made until it is lifted."),
          reason: orNull(string("In the treasury's or an operator's words.")),
          since: orNull(moment("They are halted.")),
        }),
      ),
    }),
    "The state of things.",
  ),
};
