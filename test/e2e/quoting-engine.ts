import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const NAME = "quoting:latest";
const DIGEST = "9c".repeat(32);
/** A prompt with this word in it is refused, and quoted. */
export const REFUSED = "REFUSE-THIS";

interface Asked {
  readonly stream?: boolean;
  readonly options: { readonly num_predict: number };
}

/**
 * A stand-in for an engine whose answers can be told from all others: each token is the same mark with its number. It
 * refuses some prompts with an error that quotes them.
 */
export class QuotingEngine {
  readonly model = NAME;
  readonly digest = DIGEST;
  readonly url: string;
  /** Answers that were begun. */
  begun = 0;
  readonly #server: Server;
  readonly #mark: string;

  private constructor(server: Server, mark: string) {
    this.#server = server;
    this.#mark = mark;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(mark: string): Promise<QuotingEngine> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const engine = new QuotingEngine(server, mark);
    server.on("request", (asked, answer) => void engine.#answer(asked, answer));
    return engine;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = Buffer.concat(await asked.toArray()).toString();
    const model = { name: NAME, model: NAME, digest: DIGEST, size: 1, modified_at: "2025-01-01T00:00:00Z" };
    const details = { family: "stand-in", parameter_size: "0", quantization_level: "none" };
    switch (asked.url) {
      case "/api/tags":
        return void answer.end(JSON.stringify({ models: [{ ...model, details }] }));
      case "/api/ps":
        return void answer.end(JSON.stringify({ models: [model] }));
      case "/api/show":
        return void answer.end(JSON.stringify({ details, model_info: {}, capabilities: ["completion"] }));
      case "/api/generate":
        return body.includes(REFUSED)
          ? void answer.writeHead(400).end(JSON.stringify({ error: `cannot take this: ${body}` }))
          : this.#talk(answer, JSON.parse(body));
      default:
        answer.writeHead(404).end(JSON.stringify({ error: `no ${asked.url} here` }));
    }
  }

  async #talk(answer: ServerResponse, { stream, options }: Asked): Promise<void> {
    // The question how a prompt is rendered, which not every Ollama understands.
    if (stream === false) return void answer.end(JSON.stringify({ model: NAME, response: "", done: true }));
    answer.writeHead(200, { "content-type": "application/x-ndjson" });
    this.begun += 1;
    let said = 0;
    for (; said < options.num_predict && !answer.destroyed; said++) {
      const line = { model: NAME, response: `${this.#mark}-${said} `, done: false };
      answer.write(`${JSON.stringify(line)}\n`);
      await sleep(5);
    }
    const last = { model: NAME, response: "", done: true, done_reason: "length" };
    answer.end(`${JSON.stringify({ ...last, prompt_eval_count: 1, eval_count: said })}\n`);
  }
}
