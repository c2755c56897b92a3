import { type CommonEnvironment, readEnvironment } from "@flock/mesh";
import { z } from "zod";

const DAY_MS = 24 * 3_600_000;

function count(max: number, fallback: number) {
  return z.coerce.number().int().min(1).max(max).default(fallback);
}

function durationMs(fallback: number, min = 1) {
  return z.coerce.number().int().min(min).max(DAY_MS).default(fallback);
}

function priceMicro(fallback: bigint) {
  return z.coerce.bigint().min(0n).max(1_000_000_000_000n).default(fallback);
}

const tierWeights = z
  .string()
  .default("1,2,4,8")
  .transform((text) => text.split(",").map(Number))
  .refine((weights) => weights.every((weight) => weight >= 0.01 && weight <= 1_000), {
    message: "must be numbers from 0.01 to 1000, separated by commas",
  });

/** The router's variables, beside those that every service reads. The README's table lists the same. */
export const routerEnvironment = {
  ROUTER_QUEUE_TOTAL_MAX: count(1_000_000, 10_000),
  ROUTER_QUEUE_PER_ACCOUNT_MAX: count(1_000_000, 1_000),
  ROUTER_TIER_WEIGHTS: tierWeights,
  ROUTER_STARVATION_BOUND_MS: durationMs(30_000),
  ROUTER_RENEW_TIMEOUT_MS: durationMs(5_000, 100),
  ROUTER_TICKET_REVIVE_MS: durationMs(3_000, 100),
  ROUTER_RESERVATION_MAX_MS: durationMs(2_000, 100),
  ROUTER_UNSERVED_MAX_MS: durationMs(10_000),
  ROUTER_UNSERVED_RETRY_MS: durationMs(5_000),
  ROUTER_BREAKER_FAILURES_MAX: count(1_000, 5),
  ROUTER_BREAKER_OPEN_MIN_MS: durationMs(2_000),
  ROUTER_BREAKER_OPEN_MAX_MS: durationMs(300_000),
  ROUTER_WORKERS_MAX: count(1_000_000, 10_000),
  ROUTER_MODELS_MAX: count(100_000, 1_000),
  ROUTER_WORKER_MODELS_MAX: count(10_000, 256),
  ROUTER_WORKER_SLOTS_MAX: count(10_000, 256),
  ROUTER_PROMPT_PRICE_MICRO: priceMicro(1n),
  ROUTER_COMPLETION_PRICE_MICRO: priceMicro(3n),
};

export type RouterConfig = CommonEnvironment & z.infer<z.ZodObject<typeof routerEnvironment>>;

export function readRouterConfig(environment: NodeJS.ProcessEnv = process.env): RouterConfig {
  return readEnvironment(routerEnvironment, environment);
}
