import { type CommonEnvironment, readServiceEnvironment } from "@flock/mesh";
import { z } from "zod";

const DAY_MS = 24 * 3_600_000;

function count(max: number, fallback: number) {
  return z.coerce.number().int().min(1).max(max).default(fallback);
}

function durationMs(fallback: number, min = 1) {
  return z.coerce.number().int().min(min).max(DAY_MS).default(fallback);
}

/** The router's variables, beside those that every service reads. The README's table lists the same. */
export const routerEnvironment = {
  ROUTER_QUEUE_TOTAL_MAX: count(1_000_000, 10_000),
  ROUTER_QUEUE_PER_ACCOUNT_MAX: count(1_000_000, 1_000),
  ROUTER_STARVATION_BOUND_MS: durationMs(30_000),
  ROUTER_RENEW_TIMEOUT_MS: durationMs(5_000, 100),
  ROUTER_TICKET_REVIVE_MS: durationMs(3_000, 100),
  ROUTER_RESERVATION_MAX_MS: durationMs(2_000, 100),
  ROUTER_UNSERVED_MAX_MS: durationMs(10_000),
  ROUTER_UNSERVED_RETRY_MS: durationMs(5_000),
  ROUTER_PIN_RENEW_AFTER_MS: durationMs(10_000),
  ROUTER_BREAKER_FAILURES_MAX: count(1_000, 5),
  ROUTER_BREAKER_OPEN_MIN_MS: durationMs(2_000),
  ROUTER_BREAKER_OPEN_MAX_MS: durationMs(300_000),
  ROUTER_WORKERS_MAX: count(1_000_000, 10_000),
  ROUTER_MODELS_MAX: count(100_000, 1_000),
  ROUTER_WORKER_MODELS_MAX: count(10_000, 256),
  ROUTER_WORKER_SLOTS_MAX: count(10_000, 256),
};

export type RouterConfig = CommonEnvironment & z.infer<z.ZodObject<typeof routerEnvironment>>;

export function readRouterConfig(environment: NodeJS.ProcessEnv = process.env): RouterConfig {
  return readServiceEnvironment("ROUTER_", routerEnvironment, environment);
}
