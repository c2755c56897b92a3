import { FlockApiError, FlockConnectionError } from "./errors.js";

/* When a request that may be repeated is repeated. One that may have had its effect and would have another never is. */

/** Nobody waits longer than that without being told. */
const WAIT_MS_MAX = 10_000;
const BACKOFF_MS = 250;
/** The network, or a proxy before it, is not there at the moment. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * How long to wait before the next attempt; undefined: there is none.
 * @param attempt How many there were, from 1.
 */
export function retryWaitMs(failure: unknown, attempt: number): number | undefined {
  const backoffMs = BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  if (failure instanceof FlockConnectionError) return backoffMs;
  if (!(failure instanceof FlockApiError)) return undefined;
  const { status, retryAfterMs } = failure;
  if (status === 429) return withinReason(retryAfterMs);
  return AWAY.has(status) ? withinReason(retryAfterMs ?? backoffMs) : undefined;
}

function withinReason(ms: number | undefined): number | undefined {
  return ms === undefined || ms > WAIT_MS_MAX ? undefined : ms;
}
