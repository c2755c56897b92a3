import { hasWsProtocol, type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { connect, type NodeConnectionOptions } from "@nats-io/transport-node";

/**
 * Connects over TCP or, to URLs that begin with `ws:` or `wss:`, over WebSocket: what is left to a worker behind a
 * firewall. All URLs must be of the same kind.
 */
export async function connectNats(options: NodeConnectionOptions): Promise<NatsConnection> {
  if (!hasWsProtocol(options)) return connect(options);
  // Node 20 has none, and the client would wait for ever.
  if (globalThis.WebSocket === undefined) {
    const { WebSocket } = await import("ws");
    // CAST: the client uses what both have.
    globalThis.WebSocket = WebSocket as unknown as typeof globalThis.WebSocket;
  }
  return wsconnect(options);
}
