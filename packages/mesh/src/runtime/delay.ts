/**
 * Waits; settles early, without an error, when `stop` is aborted. On the global timer and not that of
 * `node:timers/promises`, which no test can step.
 */
export function delay(durationMs: number, stop?: AbortSignal): Promise<void> {
  if (stop?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    stop?.addEventListener("abort", done, { once: true });
  });
}

/**
 * Waits for `work`, but no longer than the time, and not when `stop` is aborted. It leaves no timer behind, which would
 * keep a process from ending by itself.
 */
export async function waitAtMost(
  work: Promise<unknown>,
  durationMs: number,
  stop?: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const signals = stop === undefined ? [over.signal] : [over.signal, stop];
  try {
    await Promise.race([work, delay(durationMs, AbortSignal.any(signals))]);
  } finally {
    over.abort();
  }
}
