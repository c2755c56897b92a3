import { FlockError, type FlockErrorCode } from "@flock/errors";

/** How one error code is told to a client. */
interface ErrorEntry {
  readonly status: number;
  /** Said instead of the error's own message, which is then only logged. */
  readonly opaqueMessage?: string;
}

/**
 * The one table from error codes to HTTP statuses; README.md explains each row, and a test compares the two. Each
 * dialect wraps what comes out of it in its own JSON.
 */
export const ERROR_TABLE: Readonly<Record<FlockErrorCode, ErrorEntry>> = {
  invalid_argument: { status: 400 },
  failed_precondition: { status: 400 },
  unauthenticated: { status: 401 },
  insufficient_funds: { status: 402 },
  permission_denied: { status: 403 },
  not_found: { status: 404 },
  already_exists: { status: 409 },
  payload_too_large: { status: 413 },
  resource_exhausted: { status: 429 },
  // Nobody reads it: the client is gone. The number is for logs and metrics (nginx' "client closed request").
  cancelled: { status: 499 },
  internal: { status: 500, opaqueMessage: "internal error" },
  unimplemented: { status: 501 },
  aborted: { status: 502 },
  unavailable: { status: 503 },
  deadline_exceeded: { status: 504 },
};

/** An error as a client sees it, before its dialect gives it a shape. */
export interface PublicError {
  readonly status: number;
  readonly message: string;
  /** Undefined for faults that only HTTP knows (405, 415, …). */
  readonly code?: FlockErrorCode;
  /** Set with 429 and 503: when to try again. */
  readonly retryAfterMs?: number;
  /** Facts for programs (amounts, limits), for dialects with room for them. */
  readonly details?: FlockError["details"];
}

const RETRY_AFTER_DEFAULT_MS = 1_000;

/** Translates anything thrown. Unknown errors become an opaque 500; the caller logs them. */
export function publicErrorOf(thrown: unknown): PublicError {
  const error = FlockError.from(thrown);
  const { status, opaqueMessage } = ERROR_TABLE[error.code];
  const retryAfterMs = error.retry === "never" ? RETRY_AFTER_DEFAULT_MS : error.retry.afterMs;
  return {
    status,
    code: error.code,
    message: opaqueMessage ?? error.message,
    ...(opaqueMessage === undefined ? { details: error.details } : {}),
    ...(status === 429 || status === 503 ? { retryAfterMs } : {}),
  };
}

/**
 * `Retry-After` (whole seconds, at least 1) and the finer `retry-after-ms`; none if the error says nothing about it.
 */
export function retryHeaders(error: PublicError): Record<string, string> {
  if (error.retryAfterMs === undefined) return {};
  const milliseconds = Math.max(0, Math.ceil(error.retryAfterMs));
  return {
    "retry-after": String(Math.max(1, Math.ceil(milliseconds / 1_000))),
    "retry-after-ms": String(milliseconds),
  };
}
