import { FlockError } from "@flock/errors";
import { delay } from "./delay.js";

const POLL_INTERVAL_MS = 50;
const REQUEST_TIMEOUT_MS = 2_000;

/**
 * Waits until a GET is answered with 200.
 * @throws what `signal` was aborted with; FlockError `deadline_exceeded` with the last answer after `timeoutMs`.
 */
export async function untilAnswers(url: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last = "no answer";
  while (Date.now() < deadline) {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    try {
      const response = await fetch(url, { signal: AbortSignal.any([signal, timeout]) });
      const body = (await response.text()).slice(0, 300).trim();
      if (response.status === 200) return;
      last = `HTTP ${response.status} ${body}`;
    } catch (error) {
      signal.throwIfAborted();
      last = describe(error);
    }
    await delay(POLL_INTERVAL_MS, signal);
  }
  throw new FlockError("deadline_exceeded", `not ready within ${timeoutMs / 1_000} s; last: ${last}`);
}

/** `fetch` says only "fetch failed" and keeps the reason in the cause. */
function describe(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Partial<Error> };
  return cause?.message || message;
}
