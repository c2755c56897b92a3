import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Part } from "@flock/mesh";
import type { Logger } from "@flock/observability";

const HEADERS_MS = 10_000;
const HEADER_BYTES_MAX = 16 * 1024;
const CHECK_MS = 1_000;

export interface HttpListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly connectionsMax: number;
  readonly logger: Logger;
  handle: RequestListener;
}

/** Takes the connections of original workers until it is stopped. */
export class HttpListener implements Part {
  readonly name = "http listener";
  readonly #options: HttpListenerOptions;
  #port: number | undefined;

  constructor(options: HttpListenerOptions) {
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
    const { host, port, connectionsMax, logger, handle } = this.#options;
    const limits = {
      headersTimeout: HEADERS_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      connectionsCheckingInterval: CHECK_MS,
      // A push lasts as long as an answer: whoever reads a body bounds its time.
      requestTimeout: 0,
    };
    const server = createServer(limits, handle);
    server.maxConnections = connectionsMax;
    server.listen(port, host);
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
    logger.info({ host, port: this.#port }, "listening for original workers");
    if (!stop.aborted) await once(stop, "abort");
    this.#port = undefined;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
