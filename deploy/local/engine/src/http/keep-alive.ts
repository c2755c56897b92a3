import { FlockError } from "@flock/errors";

const GO_DURATION =
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*$/;
const GO_NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
const GO_ZERO = /^[+-]?0+(?:\.0*)?$/;

/**
 * Validates `keep_alive`: seconds, or a Go duration such as `"5m"` or `"1.5h"`. Returns whether it asks to unload (0).
 * The engine holds its one model as long as it runs, so the value has no other effect.
 */
export function asksToUnload(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value === "number" && Number.isFinite(value)) return value === 0;
  if (typeof value === "string" && GO_ZERO.test(value)) return true;
  if (typeof value === "string" && GO_DURATION.test(value)) return !/[1-9]/.test(value);
  if (typeof value === "boolean") throw new FlockError("invalid_argument", "Unsupported type: 'bool'");
  const written = JSON.stringify(value)?.slice(0, 64);
  const fault = typeof value === "string" && GO_NUMBER.test(value) ? "missing unit in" : "invalid";
  throw new FlockError("invalid_argument", `time: ${fault} duration ${written}`);
}
