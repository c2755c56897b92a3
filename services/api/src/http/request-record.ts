import type { ServerResponse } from "node:http";
import { type Logger, redactKeyPath } from "@flock/observability";
import type { FastifyRequest } from "fastify";
import type { ApiMetrics } from "../metrics.js";
import { ERROR_TABLE } from "./error-table.js";

const PATH_LENGTH_MAX = 100;

/**
 * Counts a request that has ended and writes its one log line (if it gets one) when its job has ended, too. Clients
 * that went away are ordinary traffic (status 499, level info); only our own faults are warnings.
 */
export function recordRequest(
  logger: Logger,
  metrics: ApiMetrics,
  request: FastifyRequest,
  response: ServerResponse,
): void {
  const { requestContext: context, routeOptions } = request;
  const isAborted = !response.writableFinished;
  const status = isAborted ? ERROR_TABLE.cancelled : response.statusCode;
  const durationMs = performance.now() - context.startedMs;
  const route = routeOptions.url ?? "unknown";
  metrics.request(route, status, durationMs);
  if (context.firstByteMs !== undefined) metrics.firstByte(route, context.firstByteMs - context.startedMs);
  if (!context.isLogged) return;
  context.whenJobEnded(() => {
    const line = { ...lineOf(request, status, durationMs), ...context.facts };
    if (status >= 500 && status !== 503) logger.warn(line, "request");
    else logger.info(line, "request");
  });
}

function lineOf(request: FastifyRequest, status: number, durationMs: number): Record<string, unknown> {
  const { requestContext: context } = request;
  const { firstByteMs, identity } = context;
  return {
    requestId: context.requestId,
    traceId: context.traceId,
    accountId: identity?.accountId,
    keyId: identity !== undefined && "keyId" in identity ? identity.keyId : undefined,
    isGuest: identity !== undefined && "guest" in identity ? true : undefined,
    sessionId: identity !== undefined && "sessionId" in identity ? identity.sessionId : undefined,
    method: request.method,
    path: redactKeyPath(request.url).split("?", 1)[0]?.slice(0, PATH_LENGTH_MAX),
    status,
    durationMs: tenths(durationMs),
    firstByteMs: firstByteMs === undefined ? undefined : tenths(firstByteMs - context.startedMs),
  };
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
