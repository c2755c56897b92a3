import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const NAME = "talkative:latest";
const DIGEST = "7a".repeat(32);

export interface TalkativeEngineOptions {
  /** Characters per token. */
  readonly tokenCharacters: number;
  /** Tokens per answer. */
  readonly tokens: number;
  /** How many parameters its model is said to have, which decides what it costs. Default: none. */
  readonly parameterSize?: string;
  /** Between two tokens. Default: none. */
  readonly intervalMs?: number;
}

/**
 * A test stand-in for an engine that talks faster than any model: it answers /api/generate with as much text as it was
 * told, as fast as the worker takes it, or at the pace that it was told. For tests of what an answer costs that nobody
 * reads.
 */
export class TalkativeEngine {
  readonly model = NAME;
  readonly url: string;
  /** Answers whose asking side hung up before they were whole. */
  hungUp = 0;
  /** Answers under way. */
  active = 0;
  #isFinishing = false;
  readonly #server: Server;
  readonly #options: TalkativeEngineOptions;

  private constructor(server: Server, options: TalkativeEngineOptions) {
    this.#server = server;
    this.#options = options;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(options: TalkativeEngineOptions): Promise<TalkativeEngine> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const engine = new TalkativeEngine(server, options);
    server.on("request", (asked, answer) => {
      asked.resume().once("end", () => engine.#answer(asked.url ?? "", answer));
    });
    return engine;
  }

  /** From now on answers end with their next token, also those under way. */
  finish(): void {
    this.#isFinishing = true;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(path: string, answer: ServerResponse): void {
    const model = { name: NAME, model: NAME, digest: DIGEST, size: 1, modified_at: "2025-01-01T00:00:00Z" };
    const { parameterSize = "0" } = this.#options;
    const details = { family: "stand-in", parameter_size: parameterSize, quantization_level: "none" };
    switch (path) {
      case "/api/tags":
        return void answer.end(JSON.stringify({ models: [{ ...model, details }] }));
      case "/api/ps":
        return void answer.end(JSON.stringify({ models: [model] }));
      case "/api/show":
        return void answer.end(JSON.stringify({ details, model_info: {}, capabilities: ["completion"] }));
      case "/api/generate":
        return void this.#talk(answer);
      default:
        answer.writeHead(404).end(JSON.stringify({ error: `no ${path} here` }));
    }
  }

  async #talk(answer: ServerResponse): Promise<void> {
    answer.writeHead(200, { "content-type": "application/x-ndjson" });
    let isOpen = true;
    this.active += 1;
    const closed = new Promise<void>((resolve) => {
      answer.once("close", () => {
        isOpen = false;
        this.active -= 1;
        if (!answer.writableFinished) this.hungUp += 1;
        resolve();
      });
    });
    const { tokens, tokenCharacters, intervalMs = 0 } = this.#options;
    const response = "x".repeat(tokenCharacters);
    let said = 0;
    while (said < tokens && isOpen && !(this.#isFinishing && said > 0)) {
      if (intervalMs > 0) await Promise.race([sleep(intervalMs), closed]);
      const line = { model: NAME, response, done: false, prompt_eval_count: 1, eval_count: said + 1 };
      said += 1;
      if (answer.write(`${JSON.stringify(line)}\n`)) continue;
      await Promise.race([new Promise((resolve) => answer.once("drain", resolve)), closed]);
    }
    const last = { model: NAME, response: "", done: true, done_reason: "stop" };
    answer.end(`${JSON.stringify({ ...last, prompt_eval_count: 1, eval_count: said })}\n`);
  }
}
