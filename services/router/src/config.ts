import { integer } from "@flock/configuration";
import { type CommonEnvironment, meshKeyFiles, readServiceEnvironment } from "@flock/mesh";
import type { z } from "zod";

const DAY_MS = 24 * 3_600_000;

function count(max: number, fallback: number) {
  return integer(1, max).default(fallback);
}

function durationMs(fallback: number, min = 1) {
  return integer(min, DAY_MS).default(fallback);
}

/** The router's variables, beside those that every service reads. Their descriptions make the table in the README. */
export const variables = {
  MESH_KEY_FILE: meshKeyFiles,
  ROUTER_QUEUE_TOTAL_MAX: count(1_000_000, 10_000).describe(
    "jobs that may wait for a ticket; a further one is refused with 503",
  ),
  ROUTER_QUEUE_PER_ACCOUNT_MAX: count(1_000_000, 1_000).describe(
    "of those, one account's; a further one is refused with 429",
  ),
  ROUTER_STARVATION_BOUND_MS: durationMs(30_000).describe(
    "an account that was passed over for longer goes first, with one job",
  ),
  ROUTER_RENEW_TIMEOUT_MS: durationMs(5_000, 100).describe(
    "a job that its requester does not renew for longer is forgotten; requesters renew every second",
  ),
  ROUTER_TICKET_REVIVE_MS: durationMs(3_000, 100).describe(
    "a ticket that has been out for longer is looked for when its job is renewed",
  ),
  ROUTER_RESERVATION_MAX_MS: durationMs(2_000, 100).describe(
    "how long a slot is kept for a ticket that nobody takes",
  ),
  ROUTER_UNSERVED_MAX_MS: durationMs(10_000).describe(
    "how long jobs wait after the last worker of their model is gone",
  ),
  ROUTER_UNSERVED_RETRY_MS: durationMs(5_000).describe(
    "when to try again, as a client is told whose model has no live worker",
  ),
  ROUTER_PIN_RENEW_AFTER_MS: durationMs(10_000).describe(
    "how long no live worker must stand for a model's pin before the pin is renewed",
  ),
  ROUTER_BREAKER_FAILURES_MAX: count(1_000, 5).describe("failures in a row that open a worker's breaker"),
  ROUTER_BREAKER_OPEN_MIN_MS: durationMs(2_000).describe("how long a breaker is open the first time"),
  ROUTER_BREAKER_OPEN_MAX_MS: durationMs(300_000).describe(
    "how long at most; each time that the probe fails doubles it",
  ),
  ROUTER_OFFENCES_MAX: count(1_000, 5).describe("offences of a worker that cut it off"),
  ROUTER_OFFENCES_WINDOW_MS: durationMs(600_000).describe("within how long"),
  ROUTER_CUT_OFF_MIN_MS: durationMs(600_000).describe("for how long a worker is cut off the first time"),
  ROUTER_CUT_OFF_MAX_MS: durationMs(DAY_MS).describe("how long at most; each time is four times as long"),
  ROUTER_WORKERS_MAX: count(1_000_000, 10_000).describe("live workers that the router listens to"),
  ROUTER_MODELS_MAX: count(100_000, 1_000).describe(
    "catalogue entries; when there are as many, no further model is entered",
  ),
  ROUTER_WORKER_MODELS_MAX: count(10_000, 256).describe("models of one worker; further ones are not served"),
  ROUTER_WORKER_SLOTS_MAX: count(10_000, 256).describe("slots of one worker; further ones are not used"),
};

export type RouterConfig = CommonEnvironment & z.infer<z.ZodObject<typeof variables>>;

export function readRouterConfig(environment: NodeJS.ProcessEnv = process.env): RouterConfig {
  return readServiceEnvironment("ROUTER_", variables, environment);
}
