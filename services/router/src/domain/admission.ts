import type { FlockErrorCode } from "@flock/errors";

/** Why a job is not taken, in the words of the public error codes. */
export interface Refusal {
  readonly code: FlockErrorCode;
  readonly message: string;
  /** When asking again makes sense; 0: it does not. */
  readonly retryAfterMs: number;
}

export interface AdmissionLimits {
  readonly queueTotalMax: number;
  readonly queuePerAccountMax: number;
  /** What clients are told to wait when no worker serves the model. */
  readonly unservedRetryMs: number;
}

/** Whom a job may go to. */
export interface Restrictions {
  /** The only worker that may have it; undefined: any. */
  readonly onlyWorkerId: string | undefined;
  /** Only workers that take sealed prompts. */
  readonly needsSealing: boolean;
}

/** What admission looks at, cheapest first. */
export interface AdmissionFacts extends Restrictions {
  /** As the client named it. */
  readonly model: string;
  /** The catalogue has (or had, as far as the catalogue knows) such a model. */
  readonly isKnown: boolean;
  readonly hasLiveWorker: boolean;
  /** One of them may have the job: it is not barred, and is the only one that may if there is such. */
  readonly hasAbleWorker: boolean;
  /** A worker is idle for it: it would start at once. */
  readonly canStart: boolean;
  /** A worker failed the job, or it has delivered text: it was admitted before. */
  readonly isReturning: boolean;
  readonly queuedTotal: number;
  readonly queuedOfAccount: number;
  /** When a slot is expected for a job at the end of the queue. */
  readonly etaMs: number;
}

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** Refusal of a model that was never in the catalogue, in Ollama's words. */
function modelNotFound(model: string): Refusal {
  return { code: "not_found", message: `model '${model}' not found`, retryAfterMs: 0 };
}

/** Refusal of a known model that nobody serves at the moment. */
export function modelUnserved(model: string, retryAfterMs: number): Refusal {
  return { code: "unavailable", message: `no worker serves model '${model}' at the moment`, retryAfterMs };
}

/** Refusal of a job that none of the workers that serve its model may have. */
export function nobodyMayHave(
  model: string,
  { onlyWorkerId, needsSealing }: Restrictions,
  retryAfterMs: number,
): Refusal {
  const how = needsSealing
    ? "is excluded from the job, or takes no sealed prompts"
    : "is excluded from the job";
  const message =
    onlyWorkerId === undefined
      ? `every worker that serves model '${model}' at the moment ${how}`
      : `worker '${onlyWorkerId}', the only one that may have the job, does not serve model '${model}' at the moment`;
  return { code: "unavailable", message, retryAfterMs };
}

/** Refusal of a job that would wait for longer than its client wants to. */
export function queueTooLong(model: string, etaMs: number, queueMaxMs: number): Refusal {
  const message =
    `a worker for model '${model}' is expected to be free in about ${etaMs} ms, ` +
    `and the request waits for no more than ${queueMaxMs} ms`;
  return { code: "unavailable", message, retryAfterMs: retryAfter(etaMs) };
}

function retryAfter(etaMs: number): number {
  return Math.min(Math.max(etaMs, RETRY_MIN_MS), RETRY_MAX_MS);
}

/**
 * Whether a job may wait; undefined if it may. A job that a worker is idle for is never refused, nor one that was
 * admitted before: its client has been told that it is on its way. Estimates refuse nothing here, they only say
 * when to ask again; for those who would not wait see {@link queueTooLong}.
 */
export function refusalOf(facts: AdmissionFacts, limits: AdmissionLimits): Refusal | undefined {
  if (!facts.isKnown) return modelNotFound(facts.model);
  if (facts.isReturning) return undefined;
  if (!facts.hasLiveWorker) return modelUnserved(facts.model, limits.unservedRetryMs);
  if (!facts.hasAbleWorker) return nobodyMayHave(facts.model, facts, limits.unservedRetryMs);
  if (facts.canStart) return undefined;
  const retryAfterMs = retryAfter(facts.etaMs);
  if (facts.queuedOfAccount >= limits.queuePerAccountMax) {
    const message = `${facts.queuedOfAccount} requests of this account are waiting, and no more may`;
    return { code: "resource_exhausted", message, retryAfterMs };
  }
  if (facts.queuedTotal >= limits.queueTotalMax)
    return { code: "unavailable", message: "the queue is full", retryAfterMs };
  return undefined;
}
