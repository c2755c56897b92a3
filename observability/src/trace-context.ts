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

const TRACEPARENT = /^[0-9a-f]{2}-(?<traceId>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The trace id of a `traceparent`, for log lines; undefined for any other text, so that none from the wire is logged.
 */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent === undefined ? undefined : TRACEPARENT.exec(traceparent)?.groups?.["traceId"];
}
