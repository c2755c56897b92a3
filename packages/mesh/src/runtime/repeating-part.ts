import type { Logger } from "@flock/observability";
import { delay } from "./delay.js";
import type { Part } from "./lifecycle.js";
import type { Wake } from "./wake.js";

export interface RepeatingOptions {
  readonly name: string;
  readonly logger: Logger;
  /** Pause between rounds; doubled up to ten-fold while rounds fail. */
  readonly intervalMs: number;
  /** Before the first round; default 0. */
  readonly firstAfterMs?: number;
  /** Ends the pause early, unless the last round failed. */
  readonly wake?: Wake;
  /** With `wake`: time from the call to the round, in which more to do may gather. Default 0. */
  readonly gatherMs?: number;
  /** True: one more round after the service was asked to stop, to leave nothing behind. Default false. */
  readonly hasLastRound?: boolean;
}

const BACKOFF_MAX = 10;

/** One round; true if there is more to do at once. A long one ends early when its signal is aborted. */
export type Round = (stop: AbortSignal) => Promise<boolean>;

/** A part without state that does its round again and again until it is stopped, see {@link repeat}. */
export function repeating(options: RepeatingOptions, round: Round): Part {
  return { name: options.name, start: (stop) => repeat(options, round, stop) };
}

/**
 * Does a round again and again until `stop` is aborted: the `start` of a part. A round that fails is logged and tried
 * again after a longer pause: rounds must be safe to repeat.
 */
export async function repeat(options: RepeatingOptions, round: Round, stop: AbortSignal): Promise<void> {
  const { name, logger, intervalMs } = options;
  if (options.firstAfterMs !== undefined) await delay(options.firstAfterMs, stop);
  for (let backoff = 1; !stop.aborted; ) {
    try {
      const hasMore = await round(stop);
      backoff = 1;
      if (hasMore) continue;
    } catch (error) {
      backoff = Math.min(backoff * 2, BACKOFF_MAX);
      logger.warn({ err: error, part: name, retryInMs: intervalMs * backoff }, "round failed");
    }
    const pauseMs = intervalMs * backoff;
    if (backoff === 1 && options.wake !== undefined) {
      await options.wake.wait(stop, pauseMs);
      await delay(options.gatherMs ?? 0, stop);
      options.wake.clear();
    } else await delay(pauseMs, stop);
  }
  if (options.hasLastRound !== true) return;
  await round(stop).catch((error: unknown) => logger.warn({ err: error, part: name }, "last round failed"));
}
