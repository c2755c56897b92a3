import type { Runtime } from "@flock/mesh";
import type { ApiConfig } from "../config.js";
import type { ApiMetrics } from "../metrics.js";
import { GuestKey } from "./guest-key.js";
import { GuestLimits } from "./guest-limits.js";
import { Guests, type GuestsOptions } from "./guests.js";

/** Those that the configuration lets in; undefined: nobody is served without a key. */
export function openGuests(
  config: ApiConfig,
  { clock, logger }: Runtime,
  known: Pick<GuestsOptions, "keys" | "openLimits">,
  metrics: ApiMetrics,
): Guests | undefined {
  if (config.API_GUEST_KEY_FILE === undefined) return undefined;
  const nowMs = () => clock.nowMs();
  const terms = {
    requestsPerMinute: config.API_GUEST_REQUESTS_PER_MINUTE,
    streamsMax: config.API_GUEST_STREAMS_MAX,
    completionTokensMax: config.API_GUEST_COMPLETION_TOKENS_MAX,
  };
  return new Guests({
    ...known,
    key: new GuestKey(config.API_GUEST_KEY_FILE, logger, nowMs),
    limits: new GuestLimits(terms, metrics, nowMs),
    clock,
  });
}
