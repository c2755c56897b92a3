import type { RouterConfig } from "./config.js";
import type { AdmissionLimits } from "./domain/admission.js";
import type { AnnouncementBounds } from "./domain/announcement.js";
import type { OffenceLimits } from "./domain/offence-record.js";
import type { RegistryLimits } from "./domain/registry.js";
import type { SchedulerLimits } from "./domain/scheduler.js";

/** A dead worker is reported by each requester on its own: this is how far their reports may be apart. */
const LOSS_WINDOW_MS = 5_000;

/*
 * The domain's limits, out of the configuration: each part of the domain names only what it needs.
 */

export function registryLimits(config: RouterConfig): RegistryLimits {
  return {
    workersMax: config.ROUTER_WORKERS_MAX,
    breakersMax: config.ROUTER_WORKERS_MAX,
    failuresMax: config.ROUTER_BREAKER_FAILURES_MAX,
    openMinMs: config.ROUTER_BREAKER_OPEN_MIN_MS,
    openMaxMs: config.ROUTER_BREAKER_OPEN_MAX_MS,
    lossWindowMs: LOSS_WINDOW_MS,
  };
}

export function schedulerLimits(config: RouterConfig): SchedulerLimits {
  return {
    starvationBoundMs: config.ROUTER_STARVATION_BOUND_MS,
    renewTimeoutMs: config.ROUTER_RENEW_TIMEOUT_MS,
    unservedMaxMs: config.ROUTER_UNSERVED_MAX_MS,
    reservationMaxMs: config.ROUTER_RESERVATION_MAX_MS,
  };
}

export function offenceLimits(config: RouterConfig): OffenceLimits {
  return {
    offencesMax: config.ROUTER_OFFENCES_MAX,
    windowMs: config.ROUTER_OFFENCES_WINDOW_MS,
    cutOffMinMs: config.ROUTER_CUT_OFF_MIN_MS,
    cutOffMaxMs: config.ROUTER_CUT_OFF_MAX_MS,
  };
}

export function admissionLimits(config: RouterConfig): AdmissionLimits {
  return {
    queueTotalMax: config.ROUTER_QUEUE_TOTAL_MAX,
    queuePerAccountMax: config.ROUTER_QUEUE_PER_ACCOUNT_MAX,
    unservedRetryMs: config.ROUTER_UNSERVED_RETRY_MS,
  };
}

export function announcementBounds(config: RouterConfig): AnnouncementBounds {
  return { slotsMax: config.ROUTER_WORKER_SLOTS_MAX, modelsMax: config.ROUTER_WORKER_MODELS_MAX };
}
