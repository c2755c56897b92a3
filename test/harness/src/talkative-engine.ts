import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type AskedBody, FakeOllama } from "./fake-ollama.js";

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
export class TalkativeEngine extends FakeOllama {
  /** Answers whose asking side hung up before they were whole. */
  hungUp = 0;
  /** Answers under way. */
  active = 0;
  /** Answers that were begun, and how many of them, in order, are to end. */
  #begun = 0;
  #ending = 0;
  readonly #options: TalkativeEngineOptions;

  private constructor(options: TalkativeEngineOptions) {
    const { parameterSize = "0" } = options;
    super({
      name: NAME,
      digest: DIGEST,
      capabilities: ["completion"],
      modifiedAt: "2025-01-01T00:00:00Z",
      details: { family: "stand-in", parameter_size: parameterSize, quantization_level: "none" },
    });
    this.#options = options;
  }

  static start(options: TalkativeEngineOptions): Promise<TalkativeEngine> {
    return new TalkativeEngine(options).listening();
  }

  /** Answers under way end with their next token. */
  finishThese(): void {
    this.#ending = Math.max(this.#ending, this.#begun);
  }

  /** From now on answers end with their next token, also those under way. */
  finish(): void {
    this.#ending = Number.POSITIVE_INFINITY;
  }

  protected answer(path: string, _body: AskedBody, answer: ServerResponse): unknown {
    if (path === "/api/generate") return this.#talk(answer);
    return answer.writeHead(404).end(JSON.stringify({ error: `no ${path} here` }));
  }

  async #talk(answer: ServerResponse): Promise<void> {
    answer.writeHead(200, { "content-type": "application/x-ndjson" });
    let isOpen = true;
    this.active += 1;
    this.#begun += 1;
    const number = this.#begun;
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
    while (said < tokens && isOpen && !(number <= this.#ending && said > 0)) {
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
