import { randomBytes } from "node:crypto";
import { parseTraceParent } from "@opentelemetry/core";

/** Header that carries the trace context, in HTTP and in NATS (W3C Trace Context, `traceparent`). */
export const TRACEPARENT_HEADER = "traceparent";

/**
 * The `traceparent` to work under: same trace, new span, if the caller sent a valid one; else a new trace. The
 * `sampled` flag is kept, so that a caller's decision reaches every part.
 */
export function continueTrace(traceparent?: string): string {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  const random = randomBytes(24).toString("hex");
  const traceId = parent?.traceId ?? random.slice(0, 32);
  const flags = (parent?.traceFlags ?? 1).toString(16).padStart(2, "0");
  return `00-${traceId}-${random.slice(32)}-${flags}`;
}

/** The trace id of a `traceparent` made by {@link continueTrace}, for log lines. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
