import type { FlockErrorCode } from "@flock/errors";
import type { PublicError } from "../../http/error-table.js";

/** Codes for faults that only HTTP knows. */
const CODES_BY_STATUS: Readonly<Record<number, FlockErrorCode>> = {
  404: "not_found",
  405: "unimplemented",
};

/** `{"error": {"code", "message", …details}}`; amounts among the details are strings of whole µLLAMA. */
export function errorBody({ status, code, message, details = {}, retryAfterMs }: PublicError): object {
  const facts = Object.entries(details).map(([name, value]) => [
    snakeCase(name),
    typeof value === "bigint" ? String(value) : value,
  ]);
  return {
    error: {
      code: code ?? CODES_BY_STATUS[status] ?? "invalid_argument",
      message,
      ...Object.fromEntries(facts),
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterMs) }),
    },
  };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
