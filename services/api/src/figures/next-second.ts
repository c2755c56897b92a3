import { type Clock, delay } from "@flock/mesh";

const SECOND_MS = 1_000;

/** Waits for the next moment that is so long after the beginning of a second: all processes do things then together. */
export function nextSecond(clock: Clock, afterMs: number, stop: AbortSignal): Promise<void> {
  const sinceMs = (((clock.unixMs() - afterMs) % SECOND_MS) + SECOND_MS) % SECOND_MS;
  return delay(SECOND_MS - sinceMs, stop);
}
