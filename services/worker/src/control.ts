import { FlockError } from "@flock/errors";

const TIMEOUT_MS = 5_000;

/** What an operator can tell a worker, and ask it, by its health port. */
export const CONTROL_VERBS = {
  pause: "takes no new jobs; running ones go on",
  resume: "takes jobs again",
  drain: "finishes what it runs, then ends",
  state: "what it does now",
} as const;

export type ControlVerb = keyof typeof CONTROL_VERBS;

/**
 * Tells a worker that runs on this machine, and resolves with what it answers.
 * @param healthUrl where it serves `/livez`
 * @throws FlockError `unavailable` if nobody answers, `failed_precondition` if it is no worker who does
 */
export async function controlWorker(healthUrl: string, verb: ControlVerb): Promise<unknown> {
  const url = `${healthUrl.replace(/\/+$/, "")}/control/${verb}`;
  let response: Response;
  try {
    const method = verb === "state" ? "GET" : "POST";
    response = await fetch(url, { method, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new FlockError("unavailable", `no worker answers at ${healthUrl}`, { cause });
  }
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const message = `${url} answered ${response.status}: is that a worker's health port?`;
  throw new FlockError("failed_precondition", message);
}
