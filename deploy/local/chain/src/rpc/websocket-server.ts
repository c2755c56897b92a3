import type { Logger } from "@flock/observability";
import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { errorResponse } from "./dispatch.js";
import { exactJson } from "./exact-json.js";
import { BODY_BYTES_MAX } from "./http-server.js";
import { RPC_CODES, RpcError } from "./rpc-error.js";
import type { RpcNode } from "./rpc-node.js";
import { SUBSCRIPTIONS, type Subscription } from "./subscriptions.js";

const SUBSCRIPTIONS_PER_CONNECTION_MAX = 1_000;

/** How long a client may take to say goodbye. */
const CLOSE_TIMEOUT_MS = 1_000;

const callSchema = z.object({
  method: z.string(),
  params: z.unknown().optional(),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
});

/** Solana's subscriptions by websocket, on a port of its own. */
export class SubscriptionServer {
  readonly #server: WebSocketServer;
  readonly #node: RpcNode;
  readonly #logger: Logger;
  readonly #connections = new Set<Connection>();
  readonly #onChange = () => {
    for (const connection of this.#connections) connection.update();
  };

  /** Listens at once; see {@link listening}. */
  constructor(node: RpcNode, address: { host: string; port: number }, logger: Logger) {
    this.#node = node;
    this.#logger = logger;
    this.#server = new WebSocketServer({ ...address, maxPayload: BODY_BYTES_MAX });
    this.#server.on("connection", (socket) => this.#accept(socket));
    node.chain.events.on("slot", this.#onChange);
    node.chain.events.on("landed", this.#onChange);
  }

  /** Resolves when it accepts connections, rejects when it cannot. */
  listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("listening", resolve);
      this.#server.once("error", reject);
    });
  }

  /** Resolves when every client is gone. */
  async close(): Promise<void> {
    this.#node.chain.events.off("slot", this.#onChange);
    this.#node.chain.events.off("landed", this.#onChange);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // A normal closure: on any other, web3.js connects again once a second for ever and keeps its process alive.
    for (const client of this.#server.clients) client.close(1_000);
    const timer = setTimeout(() => {
      for (const client of this.#server.clients) client.terminate();
    }, CLOSE_TIMEOUT_MS);
    await closed;
    clearTimeout(timer);
  }

  #accept(socket: WebSocket): void {
    const connection = new Connection(this.#node, socket, this.#logger);
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
    socket.on("error", (error) => this.#logger.debug({ err: error }, "websocket failed"));
    socket.on("message", (data) => connection.receive(data.toString()));
  }
}

class Connection {
  readonly #node: RpcNode;
  readonly #socket: WebSocket;
  readonly #logger: Logger;
  readonly #subscriptions = new Map<number, Subscription>();
  #nextId = 0;

  constructor(node: RpcNode, socket: WebSocket, logger: Logger) {
    this.#node = node;
    this.#socket = socket;
    this.#logger = logger;
  }

  /** Has every subscription tell what is new. */
  update(): void {
    for (const [id, subscription] of this.#subscriptions) this.#run(id, subscription);
  }

  receive(text: string): void {
    let payload: unknown;
    try {
      payload = JSON.parse(text);
    } catch {
      return this.#send(errorResponse(null, RPC_CODES.parseError, "Parse error"));
    }
    const parsed = callSchema.safeParse(payload);
    if (!parsed.success) return this.#send(errorResponse(null, RPC_CODES.invalidRequest, "Invalid request"));
    const { method, params, id } = parsed.data;
    if (id === undefined) return; // A notification, such as the pings by which clients keep the connection open.
    try {
      this.#call(method, params, id);
    } catch (error) {
      if (error instanceof RpcError) return this.#send(errorResponse(id, error.rpcCode, error.message));
      this.#logger.error({ err: error, method }, "subscription method failed");
      this.#send(errorResponse(id, RPC_CODES.internalError, "Internal error"));
    }
  }

  #call(method: string, params: unknown, id: string | number | null): void {
    const subscribe = Object.hasOwn(SUBSCRIPTIONS, method) ? SUBSCRIPTIONS[method] : undefined;
    if (subscribe !== undefined) {
      if (this.#subscriptions.size >= SUBSCRIPTIONS_PER_CONNECTION_MAX) {
        throw new RpcError(RPC_CODES.internalError, "too many subscriptions on this connection");
      }
      const subscription = subscribe(this.#node, params);
      const number = this.#nextId++;
      this.#subscriptions.set(number, subscription);
      this.#send({ jsonrpc: "2.0", result: number, id });
      this.#run(number, subscription);
    } else if (Object.hasOwn(SUBSCRIPTIONS, method.replace(/Unsubscribe$/, "Subscribe"))) {
      const [number] = Array.isArray(params) ? params : [];
      if (!this.#subscriptions.delete(number)) {
        throw new RpcError(RPC_CODES.invalidParams, "Invalid subscription id.");
      }
      this.#send({ jsonrpc: "2.0", result: true, id });
    } else {
      throw new RpcError(RPC_CODES.methodNotFound, "Method not found");
    }
  }

  /** A subscription that cannot tell any more, such as one in base58 of an account that has grown, ends. */
  #run(id: number, subscription: Subscription): void {
    let isDone = true;
    try {
      isDone = subscription(this.#node, (method, result) => {
        this.#send({ jsonrpc: "2.0", method, params: { result, subscription: id } });
      });
    } catch (error) {
      this.#logger.warn({ err: error }, "subscription failed");
    }
    if (isDone) this.#subscriptions.delete(id);
  }

  #send(message: unknown): void {
    this.#socket.send(exactJson(message));
  }
}
