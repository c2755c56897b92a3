import { FlockError } from "@flock/errors";
import type { Logger, Meter } from "@flock/observability";
import { createInbox, type NatsConnection, type Status } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { delay } from "../runtime/delay.js";
import { DroppedMessages } from "./dropped-messages.js";
import { coalesceWrites } from "./write-coalescing.js";

export interface MeshOptions {
  /** NATS server URL, or several separated by commas. */
  natsUrl: string;
  /** Shown by the server's monitoring; usually the service's name. */
  name: string;
  logger: Logger;
  meter: Meter;
  /** How long the first connection is tried for. Default 60 s: NATS may be starting beside us. */
  connectTimeoutMs?: number;
  /** Gives up the first connection with the signal's reason; no effect on a connection that stands. */
  signal?: AbortSignal;
}

/**
 * A connection to the mesh. It reconnects for ever with jittered backoff; subscriptions survive that by themselves.
 * `onReconnect` listeners run after each reconnection (to re-create what lives in the server's memory).
 */
export interface Mesh {
  readonly nats: NatsConnection;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly dropped: DroppedMessages;
  isConnected(): boolean;
  /** A fresh reply subject. */
  newInbox(): string;
  /** Returns how to stop being told. */
  onReconnect(listener: () => void): () => void;
  /** Flushes what was published and closes. */
  close(): Promise<void>;
}

const RECONNECT_WAIT_MS = 100;
const RECONNECT_JITTER_MS = 200;
const FIRST_RETRY_MS = 100;
const CLOSE_TIMEOUT_MS = 2_000;

async function firstConnection(options: MeshOptions): Promise<NatsConnection> {
  const deadline = performance.now() + (options.connectTimeoutMs ?? 60_000);
  for (let attempt = 0; ; attempt++) {
    try {
      return await connect({
        servers: options.natsUrl.split(",").map((server) => server.trim()),
        name: options.name,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        reconnectJitter: RECONNECT_JITTER_MS,
        pingInterval: 10_000,
        maxPingOut: 2,
        // A stack trace for every request that might fail costs more than the request; errors name their subject.
        noAsyncTraces: true,
      });
    } catch (cause) {
      if (performance.now() >= deadline) {
        throw new FlockError("unavailable", `cannot reach NATS at ${redactUrl(options.natsUrl)}`, { cause });
      }
      if (attempt % 50 === 0)
        options.logger.warn({ natsUrl: redactUrl(options.natsUrl) }, "waiting for NATS");
      await delay(FIRST_RETRY_MS, options.signal);
      options.signal?.throwIfAborted();
    }
  }
}

/** A NATS URL without the credentials it may carry. */
function redactUrl(natsUrl: string): string {
  return natsUrl.replace(/\/\/[^@/]*@/g, "//[redacted]@");
}

/** Connects, waiting for NATS to come up; throws `unavailable` when it does not in time. */
export async function connectMesh(options: MeshOptions): Promise<Mesh> {
  const nats = await firstConnection(options);
  if (!coalesceWrites(nats)) options.logger.warn("writes to NATS are not coalesced with this client version");
  const listeners = new Set<() => void>();
  let connected = true;

  const onStatus = (status: Status): void => {
    if (status.type === "disconnect") {
      connected = false;
      options.logger.warn("disconnected from NATS");
    } else if (status.type === "reconnect") {
      connected = true;
      options.logger.info("reconnected to NATS");
      for (const listener of listeners) listener();
    } else if (status.type === "error") {
      options.logger.warn({ err: status.error }, "NATS error");
    }
  };
  void (async () => {
    for await (const status of nats.status()) onStatus(status);
  })();

  return {
    nats,
    logger: options.logger,
    meter: options.meter,
    dropped: new DroppedMessages(options.logger, options.meter),
    newInbox: () => createInbox(),
    isConnected: () => connected && !nats.isClosed(),
    onReconnect: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {
      if (nats.isClosed()) return;
      const timer = setTimeout(() => void nats.close(), CLOSE_TIMEOUT_MS);
      try {
        if (connected) await nats.drain();
        else await nats.close();
      } catch {
        await nats.close();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
