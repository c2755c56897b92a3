import type { ServerResponse } from "node:http";
import { type AskedBody, FakeOllama } from "./fake-ollama.js";

const MODEL = {
  name: "choosy:latest",
  digest: "c4".repeat(32),
  capabilities: ["completion", "embedding"],
};

/** How a real Ollama answered requests that it cannot serve (test/golden). */
const REFUSALS: Readonly<Record<string, { readonly status: number; readonly error: string }>> = {
  template: { status: 500, error: "template: :1: unclosed action" },
  embeddings: {
    status: 501,
    error: "This server does not support embeddings. Start it with `--embeddings`",
  },
  schema: {
    status: 400,
    error:
      '{"error":{"code":400,"message":"Failed to initialize samplers: penalty_repeat must be finite and greater than 0","type":"invalid_request_error"}}',
  },
  unknown: { status: 500, error: "words that this version of the network has never heard" },
};

/**
 * A fake Ollama that refuses what its prompt says (`refuse: template`), as a real one does, and answers everything else
 * with one token after a moment.
 */
export class ChoosyOllama extends FakeOllama {
  /** Requests for text or embeddings, refused ones included. */
  asked = 0;

  private constructor(private readonly answerMs: number) {
    super(MODEL);
  }

  /** @param answerMs How long an answer takes. */
  static start(answerMs = 20): Promise<ChoosyOllama> {
    return new ChoosyOllama(answerMs).listening();
  }

  protected answer(_path: string, body: AskedBody, answer: ServerResponse): void {
    this.asked += 1;
    const said = `${String(body["prompt"])} ${String(body["input"])}`;
    const refusal = REFUSALS[/refuse: (\w+)/.exec(said)?.[1] ?? ""];
    if (refusal !== undefined) {
      answer.writeHead(refusal.status, { "content-type": "application/json" });
      return void answer.end(JSON.stringify({ error: refusal.error }));
    }
    const line = { response: "yes", done: false };
    const last = { response: "", done: true, done_reason: "stop", prompt_eval_count: 3, eval_count: 2 };
    const send = () => answer.end(`${JSON.stringify(line)}\n${JSON.stringify(last)}\n`);
    setTimeout(send, this.answerMs);
  }
}
