import { FlockError, type FlockErrorCode } from "@flock/errors";

/** An error as a client may see it, before its transport and its dialect give it a shape. */
export interface PublicError {
  readonly code: FlockErrorCode;
  readonly message: string;
  /** Set where it helps to come back: when to try again. */
  readonly retryAfterMs?: number;
  /** Facts for programs (amounts, limits), for dialects with room for them. */
  readonly details?: FlockError["details"];
}

/** Said instead of an error's own message, which is then only logged. */
const OPAQUE: Readonly<Partial<Record<FlockErrorCode, string>>> = { internal: "internal error" };
/** What passes by itself. */
const PASSING: ReadonlySet<FlockErrorCode> = new Set(["resource_exhausted", "unavailable"]);
const RETRY_AFTER_DEFAULT_MS = 1_000;

/** Translates anything thrown. Unknown errors become an opaque one of ours; the caller logs them. */
export function publicErrorOf(thrown: unknown): PublicError {
  const { code, message, details, retry } = FlockError.from(thrown);
  const opaqueMessage = OPAQUE[code];
  return {
    code,
    message: opaqueMessage ?? message,
    ...(opaqueMessage === undefined ? { details } : {}),
    ...(PASSING.has(code)
      ? { retryAfterMs: retry === "never" ? RETRY_AFTER_DEFAULT_MS : retry.afterMs }
      : {}),
  };
}
