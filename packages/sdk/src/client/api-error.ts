import { isFlockErrorCode } from "@flock/errors";
import { amount, type Decoder, members, object, optional, text } from "../decoding/decoder.js";
import { type ErrorDetails, FlockApiError } from "./errors.js";

const details: Decoder<ErrorDetails> = object<ErrorDetails>({
  field: optional(text),
  neededMicro: optional(amount),
  availableMicro: optional(amount),
  missingMicro: optional(amount),
  heldMicro: optional(amount),
});

/** What a proxy writes is no text to show whole. */
const FOREIGN_TEXT_MAX = 200;

/** The error that an answer tells of. What is not the network's own is shown as far as it goes. */
export function apiErrorOf(status: number, headers: Headers, body: string, nowMs: number): FlockApiError {
  const told = errorMember(body);
  const code = typeof told["code"] === "string" && isFlockErrorCode(told["code"]) ? told["code"] : "unknown";
  const message =
    typeof told["message"] === "string"
      ? told["message"]
      : `the answer is ${status}: ${body.slice(0, FOREIGN_TEXT_MAX)}`;
  return new FlockApiError(message, {
    code,
    status,
    requestId: headers.get("x-request-id") ?? undefined,
    retryAfterMs: retryAfterMsOf(told["retry_after_ms"], headers.get("retry-after"), nowMs),
    details: detailsOf(told),
  });
}

function errorMember(body: string): Readonly<Record<string, unknown>> {
  try {
    return members(members(JSON.parse(body), "")["error"], "error");
  } catch {
    return {}; // Not the network's own words.
  }
}

function detailsOf(told: Readonly<Record<string, unknown>>): ErrorDetails {
  try {
    const read = details(told, "error");
    return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
  } catch {
    return {}; // An error is told also if a fact of it cannot be read.
  }
}

/** By the body, to the millisecond, or by the header: seconds, or a date. */
function retryAfterMsOf(told: unknown, header: string | null, nowMs: number): number | undefined {
  if (typeof told === "number" && told >= 0) return told;
  if (header === null || header === "") return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
