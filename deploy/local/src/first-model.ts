import { FlockError } from "@flock/errors";
import { delay } from "./delay.js";

const POLL_INTERVAL_MS = 25;

/**
 * Waits until the API lists a model, which is when a request can be served, and returns its name.
 * @throws FlockError `deadline_exceeded` when none appears in time; what `signal` was aborted with.
 */
export async function untilModelServed(
  apiUrl: string,
  apiKey: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const name = await firstModel(apiUrl, apiKey, signal);
    if (name !== undefined) return name;
    await delay(POLL_INTERVAL_MS, signal);
  }
  throw new FlockError(
    "deadline_exceeded",
    `the workers are ready, but ${apiUrl}/api/tags lists no model after ${timeoutMs / 1_000} s`,
  );
}

async function firstModel(apiUrl: string, apiKey: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(`${apiUrl}/api/tags`, {
      headers: { authorization: `Bearer ${apiKey}` },
      signal,
    });
    // CAST: our own api's documented answer; an error answer has no models and is asked again.
    const { models } = (await response.json()) as { models?: { name: string }[] };
    return models?.[0]?.name;
  } catch {
    signal.throwIfAborted();
    return undefined; // The api is being restarted.
  }
}
