import type { FlockErrorCode } from "@flock/errors";
import type { HttpError } from "../../http/error-table.js";
import { sseEvent } from "../../http/sse.js";
import type { PublicError } from "../../public-error.js";

const INVALID = "invalid_request_error";
const TYPES: Readonly<Record<FlockErrorCode, string>> = {
  invalid_argument: INVALID,
  failed_precondition: INVALID,
  unauthenticated: "authentication_error",
  insufficient_funds: "billing_error",
  permission_denied: "permission_error",
  not_found: "not_found_error",
  already_exists: INVALID,
  payload_too_large: "request_too_large",
  resource_exhausted: "rate_limit_error",
  cancelled: "api_error",
  internal: "api_error",
  unimplemented: "api_error",
  aborted: "api_error",
  unavailable: "overloaded_error",
  deadline_exceeded: "api_error",
};
/** Of the faults that only HTTP knows; the others are the client's. */
const NOT_FOUND = 404;

/** The body of an error that is answered with a status of its own. */
export function errorBody({ code, status, message }: HttpError, requestId: string): object {
  const type = code === undefined ? (status === NOT_FOUND ? TYPES.not_found : INVALID) : TYPES[code];
  return { type: "error", error: { type, message }, request_id: requestId };
}

/** The last event of an answer that failed in the middle. */
export function errorEvent({ code, message }: PublicError, requestId: string): string {
  const body = { type: "error", error: { type: TYPES[code], message }, request_id: requestId };
  return sseEvent(JSON.stringify(body), "error");
}
