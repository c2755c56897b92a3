import { once } from "node:events";
import type { Server } from "node:http";
import { isIPv4 } from "node:net";
import { FlockError } from "@flock/errors";
import type { Logger } from "@flock/observability";
import { Chain } from "./core/chain.js";
import { Faults } from "./rpc/faults.js";
import { createHttpServer } from "./rpc/http-server.js";
import { RpcNode } from "./rpc/rpc-node.js";
import { SlotClock } from "./rpc/slot-clock.js";
import { SubscriptionServer } from "./rpc/websocket-server.js";

export interface ChainServerOptions {
  readonly dataDirectory: string;
  /** A loopback address: anything else is refused, since everybody may have everything done here. */
  readonly host: string;
  /**
   * One node for each: JSON-RPC by HTTP on the port, websocket on the one after it. All tell of the same chain, each
   * with its own faults.
   */
  readonly ports: readonly number[];
  /** Milliseconds between slots; 0: slots are made by the test controls only. */
  readonly slotMs: number;
  readonly logger: Logger;
}

interface Endpoint {
  readonly http: Server;
  readonly websocket: SubscriptionServer;
}

/** A running local chain with its nodes. */
export class ChainServer {
  readonly #chain: Chain;
  readonly #clock: SlotClock;
  readonly #endpoints: readonly Endpoint[];

  private constructor(chain: Chain, clock: SlotClock, endpoints: readonly Endpoint[]) {
    this.#chain = chain;
    this.#clock = clock;
    this.#endpoints = endpoints;
  }

  /**
   * Resolves when every node answers.
   * @throws FlockError `invalid_argument` for an address that others could reach; `unavailable` where there is no
   *   machine for this platform; `failed_precondition` when another process has the directory.
   */
  static async start(options: ChainServerOptions): Promise<ChainServer> {
    const { dataDirectory, host, ports, slotMs, logger } = options;
    assertLoopback(host);
    const chain = await Chain.open({ dataDirectory });
    const clock = new SlotClock(chain);
    const endpoints: Endpoint[] = [];
    const server = new ChainServer(chain, clock, endpoints);
    try {
      for (const port of ports) {
        const node = new RpcNode(chain, clock, new Faults());
        const websocket = new SubscriptionServer(node, { host, port: port + 1 }, logger);
        const http = createHttpServer(node, logger);
        endpoints.push({ http, websocket });
        await websocket.listening();
        // Last, since its health is what tells others that everything is ready.
        http.listen({ host, port });
        await once(http, "listening");
        logger.info({ url: `http://${host}:${port}`, slot: chain.slot }, "listening");
      }
    } catch (error) {
      await server.close();
      throw error;
    }
    clock.set(slotMs);
    return server;
  }

  /** Answers nobody any more, stores everything. */
  async close(): Promise<void> {
    await this.#stopServing();
    await this.#chain.close();
  }

  /** Stops without storing anything, as if killed. */
  async abandon(): Promise<void> {
    await this.#stopServing();
    await this.#chain.abandon();
  }

  async #stopServing(): Promise<void> {
    this.#clock.stop();
    for (const { http, websocket } of this.#endpoints) {
      await websocket.close();
      if (!http.listening) continue;
      const closed = once(http, "close");
      http.close();
      http.closeAllConnections();
      await closed;
    }
  }
}

function assertLoopback(host: string): void {
  if ((isIPv4(host) && host.startsWith("127.")) || host === "::1" || host === "localhost") return;
  throw new FlockError(
    "invalid_argument",
    `the local chain listens on loopback only (127.0.0.1, ::1 or localhost), not on ${host}: whoever reaches it may do anything`,
  );
}
