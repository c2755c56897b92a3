import type { Logger } from "@flock/observability";
import { status } from "@grpc/grpc-js";
import type { ApiMetrics } from "../metrics.js";
import type { GrpcCall } from "./grpc-call.js";

/** What nobody but we or the workers can be at fault for. */
const FAULTS: ReadonlySet<status> = new Set([
  status.UNKNOWN,
  status.INTERNAL,
  status.ABORTED,
  status.UNIMPLEMENTED,
]);

/** Counts a call that is over and writes its one line in the log (if it gets one) when its job has ended, too. */
export function recordCall(logger: Logger, metrics: ApiMetrics, call: GrpcCall): void {
  const { context, method } = call;
  const code = call.status ?? status.CANCELLED;
  const name = status[code];
  const durationMs = performance.now() - context.startedMs;
  metrics.grpcCall(method.path, name, durationMs);
  if (context.firstByteMs !== undefined)
    metrics.grpcFirstMessage(method.path, context.firstByteMs - context.startedMs);
  if (!context.isLogged || method.isEndless) return;
  context.whenJobEnded(() => {
    const line = { ...lineOf(call, name, durationMs), ...context.facts };
    if (FAULTS.has(code)) logger.warn(line, "request");
    else logger.info(line, "request");
  });
}

function lineOf({ context, method }: GrpcCall, name: string, durationMs: number): Record<string, unknown> {
  const { firstByteMs, identity } = context;
  return {
    requestId: context.requestId,
    traceId: context.traceId,
    accountId: identity?.accountId,
    keyId: identity !== undefined && "keyId" in identity ? identity.keyId : undefined,
    sessionId: identity !== undefined && "sessionId" in identity ? identity.sessionId : undefined,
    grpcMethod: method.path,
    grpcStatus: name,
    durationMs: tenths(durationMs),
    firstByteMs: firstByteMs === undefined ? undefined : tenths(firstByteMs - context.startedMs),
  };
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
