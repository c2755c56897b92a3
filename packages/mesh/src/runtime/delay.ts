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
