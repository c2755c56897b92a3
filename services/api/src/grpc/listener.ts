import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Part } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { Server, ServerCredentials } from "@grpc/grpc-js";
import type { DrainState } from "../drain-state.js";
import type { ApiMetrics } from "../metrics.js";
import type { HealthWatch } from "./methods/health.js";

export interface GrpcListenerOptions {
  readonly server: Server;
  readonly credentials: ServerCredentials;
  readonly health: HealthWatch;
  readonly drain: DrainState;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Further ones are closed at once. */
  readonly connectionsMax: number;
  readonly logger: Logger;
  readonly metrics: Pick<ApiMetrics, "connectionRefused">;
}

/** How long connections without a running call may take to take the last words of what ran, and to close. */
const LAST_WORDS_MS = 2_000;
/** For gRPC's library, which then closes what is left: ours are closed before. */
const GRACE_MAX_MS = 2 ** 31 - 1;

/**
 * Takes clients' connections until it is stopped. Then the port closes, watchers of the health are told, open
 * connections are told to take their calls elsewhere, running calls finish, and what is left is closed.
 */
export class GrpcListener implements Part {
  readonly name = "grpc listener";
  readonly #options: GrpcListenerOptions;
  #port: number | undefined;

  constructor(options: GrpcListenerOptions) {
    this.#options = options;
  }

  /** The port that it listens on; undefined before and after. */
  get port(): number | undefined {
    return this.#port;
  }

  notReady(): string | undefined {
    return this.#port === undefined ? "not listening for gRPC yet" : undefined;
  }

  async start(stop: AbortSignal): Promise<void> {
    const { server, credentials, health, drain, host, port, connectionsMax, logger, metrics } = this.#options;
    // Not the library's own listener: that one has no bound.
    const connections = server.createConnectionInjector(credentials);
    const sockets = new Set<Socket>();
    const listener = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      // Its session hears of it as well; before there is one, nobody else does.
      socket.on("error", () => {});
      connections.injectConnection(socket);
    });
    listener.maxConnections = connectionsMax;
    listener.on("drop", () => metrics.connectionRefused("grpc"));
    listener.listen({ host, port });
    await once(listener, "listening");
    this.#port = (listener.address() as AddressInfo).port; // CAST: of a port, not of a path.
    listener.on("error", (error) => logger.warn({ err: error }, "a gRPC connection could not be taken"));
    logger.info({ host, port: this.#port }, "listening for gRPC clients");
    if (!stop.aborted) await once(stop, "abort");
    this.#port = undefined;
    const idle = drain.drain();
    listener.close();
    await health.end();
    connections.drain(GRACE_MAX_MS);
    logger.info({ active: drain.active }, "draining gRPC clients");
    await idle;
    await closedWithin(sockets, LAST_WORDS_MS);
    for (const socket of sockets) socket.destroy();
    server.forceShutdown();
  }
}

/** Waits until all connections have closed, or the time is over. */
async function closedWithin(sockets: ReadonlySet<Socket>, timeoutMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    for (const socket of [...sockets]) if (!socket.closed) await once(socket, "close", { signal });
  } catch {
    // The time is over: what is left is closed for them.
  }
}
