import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/** A fake Ollama for what the real engine cannot be made to do: break off, answer errors, lack the render-only mode. */
export class ScriptedOllama {
  readonly seen: SeenRequest[] = [];
  /** Requests whose client hung up before the answer was whole. */
  hungUp = 0;
  readonly #server: Server;
  #hangsUp = false;

  constructor(answer: (request: SeenRequest, response: ServerResponse) => void) {
    this.#server = createServer((message, response) => void this.#serve(message, response, answer));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Closes the connection of the next request without reading it, as a server does that gives up an idle one. */
  hangUpOnNextRequest(): void {
    this.#hangsUp = true;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(
    message: IncomingMessage,
    response: ServerResponse,
    answer: (request: SeenRequest, response: ServerResponse) => void,
  ): Promise<void> {
    if (this.#hangsUp) {
      this.#hangsUp = false;
      message.socket.resetAndDestroy();
      return;
    }
    response.on("close", () => {
      if (!response.writableFinished) this.hungUp += 1;
    });
    let text = "";
    for await (const part of message) text += part;
    const request = { path: message.url ?? "", body: text === "" ? {} : JSON.parse(text) };
    this.seen.push(request);
    answer(request, response);
  }
}

/** Answers with NDJSON lines, as a stream. */
export function lines(response: ServerResponse, ...values: object[]): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  for (const value of values) response.write(`${JSON.stringify(value)}\n`);
}
