import type { ServerResponse } from "node:http";
import type { ClientLimits } from "../answers/answer-sink.js";
import type { ApiMetrics } from "../metrics.js";
import type { CutOffReason, RequestContext } from "../request-context.js";

/** Ends the connection of a client that does not read; its job is failed when the connection has closed. */
export function cutOff(
  context: RequestContext,
  response: ServerResponse,
  metrics: ApiMetrics,
  reason: CutOffReason,
): void {
  if (response.destroyed) return;
  context.facts.cutOff = reason;
  metrics.cutOff(reason);
  response.destroy();
}

/**
 * Cuts off whoever leaves an answer unread, of whatever kind. The socket's own timeout counts no activity but progress,
 * of part of a large write, too; it fires also while nothing waits to be read, which is the client's good right.
 */
export function guardAgainstStall(
  context: RequestContext,
  response: ServerResponse,
  metrics: ApiMetrics,
  { stallTimeoutMs }: ClientLimits,
): void {
  response.setTimeout(stallTimeoutMs, () => {
    if (response.writableLength > 0) cutOff(context, response, metrics, "stalled");
  });
}
