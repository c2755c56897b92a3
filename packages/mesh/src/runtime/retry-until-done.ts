import type { Logger } from "@flock/observability";
import { delay } from "./delay.js";

const DELAY_MIN_MS = 50;
const DELAY_MAX_MS = 2_000;

/**
 * Repeats an idempotent step with jittered exponential backoff (50 ms to 2 s) until it succeeds or `stop` is aborted;
 * undefined in the latter case. Each failure is logged once per message, then at the backoff's rate.
 */
export async function retryUntilDone<T>(
  what: string,
  logger: Logger,
  step: () => Promise<T>,
  stop?: AbortSignal,
): Promise<T | undefined> {
  for (let delayMs = DELAY_MIN_MS; !stop?.aborted; delayMs = Math.min(delayMs * 2, DELAY_MAX_MS)) {
    try {
      return await step();
    } catch (error) {
      logger.warn({ err: error, what, retryInMs: delayMs }, "retrying");
      await delay(delayMs * (0.5 + Math.random()), stop);
    }
  }
  return undefined;
}
