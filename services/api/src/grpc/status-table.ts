import { FlockError, type FlockErrorCode } from "@flock/errors";
import { type Any, BadRequest, type Duration, ErrorInfo, RetryInfo, Status } from "@flock/proto/grpc";
import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { type PublicError, publicErrorOf } from "../public-error.js";

/** The one table from error codes to gRPC's statuses; docs/grpc.md explains each row, and a test compares the two. */
export const STATUS_TABLE: Readonly<Record<FlockErrorCode, status>> = {
  invalid_argument: status.INVALID_ARGUMENT,
  failed_precondition: status.FAILED_PRECONDITION,
  unauthenticated: status.UNAUTHENTICATED,
  // Not RESOURCE_EXHAUSTED, which says that it passes by itself, and which clients repeat: somebody has to pay first.
  insufficient_funds: status.FAILED_PRECONDITION,
  permission_denied: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  already_exists: status.ALREADY_EXISTS,
  // As every gRPC server says it of a message that is too large.
  payload_too_large: status.RESOURCE_EXHAUSTED,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  cancelled: status.CANCELLED,
  internal: status.INTERNAL,
  unimplemented: status.UNIMPLEMENTED,
  aborted: status.ABORTED,
  unavailable: status.UNAVAILABLE,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
};

/** Of each status that gRPC's library itself gives a call: our code of it. */
const CODES_OF_STATUSES: Readonly<Partial<Record<status, FlockErrorCode>>> = {
  [status.RESOURCE_EXHAUSTED]: "payload_too_large",
  [status.DEADLINE_EXCEEDED]: "deadline_exceeded",
  [status.UNIMPLEMENTED]: "unimplemented",
};

/** Of `google.rpc.ErrorInfo`: whose reasons these are. */
const DOMAIN = "flock.public.v1";
const DETAILS_KEY = "grpc-status-details-bin";
const TYPE_PREFIX = "type.googleapis.com/google.rpc.";
/** All of a status travels in HTTP/2 headers, of which receivers take some kilobytes. */
const MESSAGE_LENGTH_MAX = 1_000;
/** The details that clients are told: ours, about their own requests; not what other parts keep for our logs. */
const TOLD: Readonly<Record<string, string>> = {
  neededMicro: "needed_micro",
  availableMicro: "available_micro",
  missingMicro: "missing_micro",
  heldMicro: "held_micro",
};

/** Translates anything thrown. Unknown errors become an opaque INTERNAL; the caller logs them. */
export function statusOf(thrown: unknown): StatusObject {
  return statusOfPublic(publicErrorOf(thrown));
}

/** Likewise, of an error that is fit to be told already. */
export function statusOfPublic(error: PublicError): StatusObject {
  const code = STATUS_TABLE[error.code];
  const message = tellable(error.message);
  const metadata = new Metadata();
  metadata.set(
    DETAILS_KEY,
    Buffer.from(Status.encode({ code, message, details: detailsOf(error, message) }).finish()),
  );
  return { code, details: message, metadata };
}

/** What gRPC's library says of a call of its own accord, with the details that all of our statuses have. */
export function detailedStatus(code: status, message: string): StatusObject {
  return statusOf(new FlockError(CODES_OF_STATUSES[code] ?? "invalid_argument", message));
}

function detailsOf({ code, details = {}, retryAfterMs }: PublicError, message: string): Any[] {
  const told = Object.entries(details).flatMap(([name, value]) => {
    const known = TOLD[name];
    return known === undefined ? [] : [[known, String(value)]];
  });
  const info: ErrorInfo = { reason: code.toUpperCase(), domain: DOMAIN, metadata: Object.fromEntries(told) };
  const found: Any[] = [any("ErrorInfo", ErrorInfo.encode(info).finish())];
  if (retryAfterMs !== undefined)
    found.push(any("RetryInfo", RetryInfo.encode({ retryDelay: durationOfMs(retryAfterMs) }).finish()));
  const field = details["field"];
  if (typeof field === "string" && field !== "") {
    const fieldViolations = [{ field: tellable(field), description: message }];
    found.push(any("BadRequest", BadRequest.encode({ fieldViolations }).finish()));
  }
  return found;
}

function any(name: string, value: Uint8Array): Any {
  return { typeUrl: `${TYPE_PREFIX}${name}`, value };
}

function durationOfMs(milliseconds: number): Duration {
  const whole = Math.max(0, Math.ceil(milliseconds));
  return { seconds: BigInt(Math.floor(whole / 1_000)), nanos: (whole % 1_000) * 1_000_000 };
}

/** Bounded, and well-formed: half a character cannot be written into a header. */
function tellable(text: string): string {
  return Buffer.from(text.slice(0, MESSAGE_LENGTH_MAX)).toString("utf8");
}
