/**
 * The closed list of error codes, aligned with gRPC's canonical codes (google.rpc.Code) so that a later gRPC
 * surface maps one to one. `insufficient_funds` and `payload_too_large` refine `failed_precondition` and
 * `invalid_argument` because clients must tell them apart (HTTP 402 and 413).
 */
export const FLOCK_ERROR_CODES = [
  "invalid_argument",
  "payload_too_large",
  "unauthenticated",
  "permission_denied",
  "not_found",
  "already_exists",
  "failed_precondition",
  "insufficient_funds",
  "resource_exhausted",
  "unavailable",
  "deadline_exceeded",
  "cancelled",
  "aborted",
  "unimplemented",
  "internal",
] as const;

export type FlockErrorCode = (typeof FLOCK_ERROR_CODES)[number];

/** Whether repeating the same call can succeed: `"never"`, or not before `afterMs` milliseconds have passed. */
export type Retry = "never" | { readonly afterMs: number };

export interface FlockErrorOptions {
  /**
   * Default: `{ afterMs: 1000 }` for `unavailable`, `resource_exhausted`, `aborted` and `deadline_exceeded`, else
   * `"never"`.
   */
  retry?: Retry;
  /** The underlying failure; logged, never shown to a client. */
  cause?: unknown;
  /** Machine-readable facts (ids, limits); never prompts, outputs or keys. */
  details?: Readonly<Record<string, string | number | bigint | boolean>>;
}

const RETRYABLE: ReadonlySet<FlockErrorCode> = new Set([
  "unavailable",
  "resource_exhausted",
  "aborted",
  "deadline_exceeded",
]);

/**
 * Everything that FlockOllamas throws on purpose. `message` is safe to show to the caller and names the offending
 * value; `retry` alone decides whether a JetStream message is acked, redelivered later or terminated.
 */
export class FlockError extends Error {
  override readonly name = "FlockError";
  readonly code: FlockErrorCode;
  readonly retry: Retry;
  readonly details: Readonly<Record<string, string | number | bigint | boolean>>;

  constructor(code: FlockErrorCode, message: string, options: FlockErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? (RETRYABLE.has(code) ? { afterMs: 1000 } : "never");
    this.details = options.details ?? {};
  }

  /**
   * The one conversion from anything caught: a `FlockError` as it is, an abort as `cancelled`, all else as an opaque
   * `internal`.
   */
  static from(thrown: unknown): FlockError {
    if (thrown instanceof FlockError) return thrown;
    if (typeof thrown === "object" && thrown !== null && "name" in thrown && thrown.name === "AbortError") {
      return new FlockError("cancelled", "the operation was cancelled", { cause: thrown });
    }
    return new FlockError("internal", "internal error", { cause: thrown });
  }
}

/** True for a string that is one of {@link FLOCK_ERROR_CODES}: what a code read from the wire must be checked with. */
export function isFlockErrorCode(value: string): value is FlockErrorCode {
  return (FLOCK_ERROR_CODES as readonly string[]).includes(value);
}
