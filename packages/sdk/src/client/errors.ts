import type { FlockErrorCode } from "@flock/errors";
import type { MicroLlama } from "@flock/money";

/** Facts of an error, where it has them. */
export interface ErrorDetails {
  /** The field that is wrong. */
  readonly field?: string;
  readonly neededMicro?: MicroLlama;
  readonly availableMicro?: MicroLlama;
  readonly missingMicro?: MicroLlama;
  /** Held by requests that run: when they end it is released, except for their cost. */
  readonly heldMicro?: MicroLlama;
}

/** What a refusal tells beside its words. */
export interface ApiErrorFacts {
  readonly code: FlockErrorCode | "unknown";
  readonly status: number;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly details: ErrorDetails;
}

/** The network has refused the request, in its own words: `message` may be shown to people. */
export class FlockApiError extends Error {
  override readonly name = "FlockApiError";
  /** `unknown`: a code of a later version, or an answer that is not the network's (a proxy's, say). */
  readonly code: FlockErrorCode | "unknown";
  /** The status of the answer. */
  readonly status: number;
  /** By which the operator finds the request. */
  readonly requestId: string | undefined;
  /** After so long it is worth trying again; undefined: the network does not say. */
  readonly retryAfterMs: number | undefined;
  readonly details: ErrorDetails;

  constructor(message: string, facts: ApiErrorFacts) {
    super(message);
    this.code = facts.code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.retryAfterMs = facts.retryAfterMs;
    this.details = facts.details;
  }
}

/** No answer came, or not all of it: whether the request had an effect is not known. */
export class FlockConnectionError extends Error {
  override readonly name = "FlockConnectionError";
  readonly reason: "unreachable" | "timeout";

  constructor(reason: "unreachable" | "timeout", message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

/** An answer came that is not as the API describes it: nothing of it is believed. */
export class FlockAnswerError extends Error {
  override readonly name = "FlockAnswerError";
  /** What is wrong, such as `transfers[3].amount_micro`; empty: all of it. */
  readonly field: string;
  readonly requestId: string | undefined;
  readonly #what: string;

  constructor(field: string, what: string, requestId?: string) {
    super(field === "" ? what : `${field} ${what}`);
    this.field = field;
    this.requestId = requestId;
    this.#what = what;
  }

  /** The same, of the answer to that request. */
  of(requestId: string | undefined): FlockAnswerError {
    return new FlockAnswerError(this.field, this.#what, requestId);
  }
}
