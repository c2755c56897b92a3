import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What passes through a relay. */
export interface RelayedCall {
  readonly method: string;
  /** `request`: not forwarded yet. `answer`: carried out, not delivered yet. */
  readonly phase: "request" | "answer";
  /** Of the answer; empty for a request. */
  readonly body: string;
}

/** True: the call ends here, the connection breaks. */
export type Interceptor = (call: RelayedCall) => boolean;

/** Passes JSON-RPC on, so that a test can act between what a client does and what it learns. */
export class RpcRelay {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(target: string, intercept: Interceptor): Promise<RpcRelay> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString("utf8");
      const { method } = JSON.parse(body) as { method: string };
      try {
        if (intercept({ method, phase: "request", body: "" })) return void response.destroy();
        const answer = await fetch(target, {
          method: "POST",
          body,
          headers: { "content-type": "application/json" },
        });
        const text = await answer.text();
        if (intercept({ method, phase: "answer", body: text })) return void response.destroy();
        response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
      } catch {
        // The node broke the connection, so the relay does.
        response.destroy();
      }
    });
    server.keepAliveTimeout = 65_000;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new RpcRelay(server);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
