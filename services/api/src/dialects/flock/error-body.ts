import type { FlockErrorCode } from "@flock/errors";
import type { HttpError } from "../../http/error-table.js";

/** Codes for faults that only HTTP knows. */
const CODES_BY_STATUS: Readonly<Record<number, FlockErrorCode>> = {
  404: "not_found",
  405: "unimplemented",
};

/** The details that clients are told: ours, about their own requests; not what other parts keep for our logs. */
const TOLD: Readonly<Record<string, string>> = {
  field: "field",
  neededMicro: "needed_micro",
  availableMicro: "available_micro",
  missingMicro: "missing_micro",
  heldMicro: "held_micro",
};

/** `{"error": {"code", "message", …details}}`; amounts among the details are strings of whole µLLAMA. */
export function errorBody({ status, code, message, details = {}, retryAfterMs }: HttpError): object {
  const facts = Object.entries(details).flatMap(([name, value]) => {
    const told = TOLD[name];
    return told === undefined ? [] : [[told, typeof value === "bigint" ? String(value) : value]];
  });
  return {
    error: {
      code: code ?? CODES_BY_STATUS[status] ?? "invalid_argument",
      message,
      ...Object.fromEntries(facts),
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterMs) }),
    },
  };
}
