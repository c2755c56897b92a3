import type { ServerResponse } from "node:http";
import type { ApiMetrics } from "../metrics.js";
import type { CutOffReason, RequestContext } from "../request-context.js";

/** What a client that reads slowly may cost. */
export interface ClientLimits {
  /** Bytes of one answer that may wait, beyond what the operating system takes. */
  readonly unsentBytesMax: number;
  /** A client for which bytes wait and who takes none for this long is cut off. */
  readonly stallTimeoutMs: number;
}

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
