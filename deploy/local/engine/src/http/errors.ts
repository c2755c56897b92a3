import { FlockError, type FlockErrorCode } from "@flock/errors";

/** Ollama's error body and the HTTP status it is sent with. */
export interface ErrorReply {
  readonly status: number;
  readonly body: { readonly error: string };
  /** Whole seconds for `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;
}

const STATUS: Readonly<Record<FlockErrorCode, number>> = {
  invalid_argument: 400,
  failed_precondition: 400,
  unauthenticated: 401,
  insufficient_funds: 402,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  payload_too_large: 413,
  cancelled: 499,
  internal: 500,
  unimplemented: 501,
  aborted: 503,
  resource_exhausted: 503,
  unavailable: 503,
  deadline_exceeded: 504,
};

/**
 * The one mapping from errors to Ollama's dialect. Faults of fastify keep their 4xx status; anything unknown is an
 * opaque 500.
 */
export function toErrorReply(thrown: unknown): ErrorReply {
  const foreign = thrown instanceof FlockError ? undefined : clientFault(thrown);
  if (foreign !== undefined) return foreign;
  const error = FlockError.from(thrown);
  const status = STATUS[error.code];
  const retryAfterSeconds =
    status === 503 && error.retry !== "never"
      ? Math.max(1, Math.ceil(error.retry.afterMs / 1000))
      : undefined;
  return { status, body: { error: error.message }, retryAfterSeconds };
}

function clientFault(thrown: unknown): ErrorReply | undefined {
  if (!(thrown instanceof Error) || !("statusCode" in thrown) || typeof thrown.statusCode !== "number")
    return undefined;
  const status = thrown.statusCode;
  if (status < 400 || status >= 500) return undefined;
  const error = status === 413 ? "request body too large" : thrown.message;
  return { status, body: { error }, retryAfterSeconds: undefined };
}
