import { setTimeout as sleep } from "node:timers/promises";

const POLL_INTERVAL_MS = 20;

export interface EventuallyOptions {
  /** Default 30 000. */
  readonly timeoutMs?: number;
  /** Time between two looks; default 20. */
  readonly intervalMs?: number;
}

/**
 * Looks again and again until `probe` gives something other than undefined, null and false, and returns that. What the
 * probe throws counts as "not yet".
 * @param what is said in the error: what did not come true.
 * @throws Error with the last failure as its cause when the time is up.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  { timeoutMs = 30_000, intervalMs = POLL_INTERVAL_MS }: EventuallyOptions = {},
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== null && found !== false) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`waited in vain: ${what} (${timeoutMs / 1_000} s)`, { cause });
    }
    await sleep(intervalMs);
  }
}
