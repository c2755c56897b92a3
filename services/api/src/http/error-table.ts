import type { FlockErrorCode } from "@flock/errors";
import { type PublicError, publicErrorOf } from "../public-error.js";

/** The one table from error codes to HTTP statuses; README.md explains each row, and a test compares the two. */
export const ERROR_TABLE: Readonly<Record<FlockErrorCode, number>> = {
  invalid_argument: 400,
  failed_precondition: 400,
  unauthenticated: 401,
  insufficient_funds: 402,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  payload_too_large: 413,
  resource_exhausted: 429,
  // Nobody reads it: the client is gone. The number is for logs and metrics (nginx' "client closed request").
  cancelled: 499,
  internal: 500,
  unimplemented: 501,
  aborted: 502,
  unavailable: 503,
  deadline_exceeded: 504,
};

/** An error as HTTP tells it; each dialect wraps it in its own JSON. */
export interface HttpError extends Omit<PublicError, "code"> {
  readonly status: number;
  /** Undefined for faults that only HTTP knows (405, 415, …). */
  readonly code?: FlockErrorCode;
}

/** Translates anything thrown. Unknown errors become an opaque 500; the caller logs them. */
export function httpErrorOf(thrown: unknown): HttpError {
  const error = publicErrorOf(thrown);
  return { status: ERROR_TABLE[error.code], ...error };
}

/**
 * `Retry-After` (whole seconds, at least 1) and the finer `retry-after-ms`; none if the error says nothing about it.
 */
export function retryHeaders(error: HttpError): Record<string, string> {
  if (error.retryAfterMs === undefined) return {};
  const milliseconds = Math.max(0, Math.ceil(error.retryAfterMs));
  return {
    "retry-after": String(Math.max(1, Math.ceil(milliseconds / 1_000))),
    "retry-after-ms": String(milliseconds),
  };
}
