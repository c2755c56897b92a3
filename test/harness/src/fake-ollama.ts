import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** The one model of a fake Ollama. */
export interface FakeModel {
  readonly name: string;
  readonly digest: string;
  readonly capabilities: readonly string[];
  readonly modifiedAt?: string;
  readonly details?: object;
}

/** The body of a request, whatever was in it. */
export type AskedBody = Readonly<Record<string, unknown>>;

/** What it says that it is. */
const VERSION = "0.33.0";

/** What all fake Ollamas have: an address, a model, and the answers about it. The rest is each one's own. */
export abstract class FakeOllama {
  readonly model: string;
  readonly digest: string;
  readonly #described: FakeModel;
  readonly #server = createServer((asked, answer) => void this.#serve(asked, answer));

  protected constructor(described: FakeModel) {
    this.model = described.name;
    this.digest = described.digest;
    this.#described = described;
  }

  get url(): string {
    // CAST: it listens on a port before anybody has it.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  protected async listening(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  /** Answers a request for text or embeddings, or at a path that no Ollama has. */
  protected abstract answer(path: string, body: AskedBody, answer: ServerResponse): unknown;

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = asked.url ?? "";
    const body = await text(asked);
    const { name, digest, capabilities, modifiedAt = "2026-11-30T00:00:00Z", details } = this.#described;
    if (path === "/api/tags" || path === "/api/ps") {
      const listed = { name, model: name, digest, size: 1, modified_at: modifiedAt, details };
      answer.end(JSON.stringify({ models: [listed] }));
    } else if (path === "/api/show") {
      answer.end(JSON.stringify({ details, model_info: {}, capabilities }));
    } else if (path === "/api/version") {
      answer.end(JSON.stringify({ version: VERSION }));
    } else {
      // CAST: only tests ask.
      await this.answer(path, (body === "" ? {} : JSON.parse(body)) as AskedBody, answer);
    }
  }
}
