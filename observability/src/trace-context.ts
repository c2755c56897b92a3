import { randomBytes } from "node:crypto";
import { parseTraceParent } from "@opentelemetry/core";

/** Header that carries the trace context, in HTTP and in NATS (W3C Trace Context, `traceparent`). */
export const TRACEPARENT_HEADER = "traceparent";

/**
 * The `traceparent` to work under: same trace, new span, if the caller sent a valid one; else a new trace. The `sampled`
 * flag is kept, so that a caller's decision reaches every part.
 */
export function continueTrace(traceparent?: string): string {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  const traceId = parent?.traceId ?? randomBytes(16).toString("hex");
  const flags = (parent?.traceFlags ?? 1).toString(16).padStart(2, "0");
  return `00-${traceId}-${randomBytes(8).toString("hex")}-${flags}`;
}

/** The trace id of a `traceparent` made by {@link continueTrace}, for log lines. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
