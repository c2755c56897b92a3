import { FlockError } from "@flock/errors";
import { type Fields, wrongType } from "../../json-fields.js";

/** Go's time.ParseDuration: `300ms`, `-1.5h`, `2h45m`, `0`. */
export const GO_DURATION = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
export const KEEP_ALIVE_LENGTH_MAX = 100;

/**
 * Checks `keep_alive`, which has no effect here: how long models stay loaded is the workers' business. True if it is
 * zero, which makes a request without a prompt one to unload.
 */
export function isKeepAliveZero(request: Fields): boolean {
  const value = request.raw("keep_alive");
  if (value === undefined) return false;
  if (typeof value === "number") return value === 0;
  if (typeof value !== "string") throw wrongType("keep_alive", "a duration or a number of seconds");
  if (value.length > KEEP_ALIVE_LENGTH_MAX || !GO_DURATION.test(value))
    throw new FlockError(
      "invalid_argument",
      `field "keep_alive": ${JSON.stringify(value.slice(0, KEEP_ALIVE_LENGTH_MAX))} is not a duration`,
    );
  return !/[1-9]/.test(value);
}
