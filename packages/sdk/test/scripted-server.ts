import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTP server that does with each request what the test says next; the last word holds for all further ones. */
export class ScriptedServer {
  /** Method and path of what came, with the query. */
  readonly asked: string[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;
  #handlers: Handler[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push(`${request.method} ${request.url}`);
      this.requests.push(request);
      const [handler] = this.#handlers.length > 1 ? this.#handlers.splice(0, 1) : this.#handlers;
      request.resume();
      handler?.(request, response);
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What is done with the next requests, one after another. */
  next(...handlers: readonly Handler[]): void {
    this.#handlers = [...handlers];
    this.asked.length = 0;
    this.requests.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

/** Answers in JSON. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", "x-request-id": "r-1", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** Hangs up without a word. */
export const hangUp: Handler = ({ socket }) => void socket.destroy();
