import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { promisify } from "node:util";
import type { Part } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { FastifyInstance } from "fastify";
import type { DrainState } from "../drain-state.js";
import type { ApiMetrics } from "../metrics.js";
import { boundConnections } from "./connection-bound.js";
import { listenFurther } from "./further-address.js";

export interface ListenerOptions {
  readonly app: FastifyInstance;
  readonly drain: DrainState;
  /** Addresses; the first one decides over a port that is any free one. */
  readonly hosts: readonly [string, ...string[]];
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
    const { app, drain, hosts, port, connectionsMax, logger, metrics } = this.#options;
    const [host, ...others] = hosts;
    boundConnections(app.server, connectionsMax, () => metrics.connectionRefused("http"));
    await app.listen({ host, port });
    const { port: taken } = app.server.address() as AddressInfo;
    const further = await this.#listenFurther(others, taken);
    this.#port = taken;
    logger.info({ hosts, port: taken }, "listening for clients");
    if (!stop.aborted) await once(stop, "abort");
    this.#port = undefined;
    const idle = drain.drain();
    const closed = [app.close(), ...further.map((server) => promisify(server.close.bind(server))())];
    logger.info({ active: drain.active }, "draining clients");
    await idle;
    app.server.closeAllConnections();
    await Promise.all(closed);
  }

  /** An address that cannot be had is gone without: a machine may say that `localhost` is one that it does not have. */
  async #listenFurther(hosts: readonly string[], port: number): Promise<Server[]> {
    const { app, logger } = this.#options;
    const begun = hosts.map(async (host) => {
      try {
        return [await listenFurther(app.server, host, port)];
      } catch (err) {
        logger.warn({ err, host, port }, "not listening at this address of the host");
        return [];
      }
    });
    return (await Promise.all(begun)).flat();
  }
}
