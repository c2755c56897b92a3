import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type AskedBody, FakeOllama } from "@flock/harness";

const NAME = "quoting:latest";
const DIGEST = "9c".repeat(32);
/** A prompt with this word in it is refused, and quoted. */
export const REFUSED = "REFUSE-THIS";

/**
 * A stand-in for an engine whose answers can be told from all others: each token is the same mark with its number. It
 * refuses some prompts with an error that quotes them.
 */
export class QuotingEngine extends FakeOllama {
  /** Answers that were begun. */
  begun = 0;

  private constructor(private readonly mark: string) {
    super({
      name: NAME,
      digest: DIGEST,
      capabilities: ["completion"],
      modifiedAt: "2025-01-01T00:00:00Z",
      details: { family: "stand-in", parameter_size: "0", quantization_level: "none" },
    });
  }

  static start(mark: string): Promise<QuotingEngine> {
    return new QuotingEngine(mark).listening();
  }

  protected answer(path: string, body: AskedBody, answer: ServerResponse): unknown {
    if (path !== "/api/generate")
      return answer.writeHead(404).end(JSON.stringify({ error: `no ${path} here` }));
    const quoted = JSON.stringify(body);
    if (!quoted.includes(REFUSED)) return this.#talk(answer, body);
    return answer.writeHead(400).end(JSON.stringify({ error: `cannot take this: ${quoted}` }));
  }

  async #talk(answer: ServerResponse, body: AskedBody): Promise<void> {
    // The question how a prompt is rendered, which not every Ollama understands.
    if (body["stream"] === false)
      return void answer.end(JSON.stringify({ model: NAME, response: "", done: true }));
    answer.writeHead(200, { "content-type": "application/x-ndjson" });
    this.begun += 1;
    // CAST: the worker always sets it.
    const limit = (body["options"] as { readonly num_predict: number }).num_predict;
    let said = 0;
    for (; said < limit && !answer.destroyed; said++) {
      const line = { model: NAME, response: `${this.mark}-${said} `, done: false };
      answer.write(`${JSON.stringify(line)}\n`);
      await sleep(5);
    }
    const last = { model: NAME, response: "", done: true, done_reason: "length" };
    answer.end(`${JSON.stringify({ ...last, prompt_eval_count: 1, eval_count: said })}\n`);
  }
}
