import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

const NAME = "choosy:latest";
const DIGEST = "c4".repeat(32);

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
export class ChoosyOllama {
  readonly model = NAME;
  readonly url: string;
  /** Requests for text or embeddings, refused ones included. */
  asked = 0;
  readonly #server: Server;

  private constructor(
    server: Server,
    private readonly answerMs: number,
  ) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param answerMs How long an answer takes. */
  static async start(answerMs = 20): Promise<ChoosyOllama> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const ollama = new ChoosyOllama(server, answerMs);
    server.on("request", async (asked, answer) => {
      const body = asked.method === "POST" ? await json(asked).catch(() => ({})) : {};
      ollama.#answer(asked.url ?? "", body as { prompt?: unknown; input?: unknown }, answer);
    });
    return ollama;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(path: string, body: { prompt?: unknown; input?: unknown }, answer: ServerResponse): void {
    const model = { name: NAME, model: NAME, digest: DIGEST, size: 1, modified_at: "2026-11-30T00:00:00Z" };
    if (path === "/api/tags" || path === "/api/ps")
      return void answer.end(JSON.stringify({ models: [model] }));
    if (path === "/api/show")
      return void answer.end(JSON.stringify({ model_info: {}, capabilities: ["completion", "embedding"] }));
    this.asked += 1;
    const said = `${String(body.prompt)} ${String(body.input)}`;
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
