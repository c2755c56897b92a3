import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Part } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { FastifyInstance } from "fastify";
import type { DrainState } from "../drain-state.js";
import type { ApiMetrics } from "../metrics.js";
import { boundConnections } from "./connection-bound.js";

export interface ListenerOptions {
  readonly app: FastifyInstance;
  readonly drain: DrainState;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Further ones are refused. */
  readonly connectionsMax: number;
  readonly logger: Logger;
  readonly metrics: Pick<ApiMetrics, "connectionRefused">;
}

/**
 * Takes clients' connections until it is stopped. Then the port closes, new requests on open connections are answered
 * with 503 and `connection: close`, running answers finish, and what is left of connections is closed.
 */
export class HttpListener implements Part {
  readonly name = "http listener";
  readonly #options: ListenerOptions;
  #port: number | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** The port that it listens on; undefined before and after. */
  get port(): number | undefined {
    return this.#port;
  }

  notReady(): string | undefined {
    return this.#port === undefined ? "not listening yet" : undefined;
  }

  async start(stop: AbortSignal): Promise<void> {
    const { app, drain, host, port, connectionsMax, logger, metrics } = this.#options;
    boundConnections(app.server, connectionsMax, () => metrics.connectionRefused("http"));
    await app.listen({ host, port });
    this.#port = (app.server.address() as AddressInfo).port;
    logger.info({ host, port: this.#port }, "listening for clients");
    if (!stop.aborted) await once(stop, "abort");
    this.#port = undefined;
    const idle = drain.drain();
    const closed = app.close();
    logger.info({ active: drain.active }, "draining clients");
    await idle;
    app.server.closeAllConnections();
    await closed;
  }
}
