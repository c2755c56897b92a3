import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What it answers to everything. */
const WORDS =
  "Thank you for this question . I have to think about it for a while before I can say more .".split(" ");

/**
 * A cheating stand-in for an engine: it says of itself what an honest one says, and gives the same answer to
 * everybody without running any model.
 */
export class CannedEngine {
  readonly #server: Server;
  readonly #honestUrl: string;
  /** Answers that it gave. */
  answers = 0;

  private constructor(honestUrl: string) {
    this.#honestUrl = honestUrl;
    this.#server = createServer(
      (request, answer) => void this.#serve(request, answer).catch(() => answer.destroy()),
    );
  }

  static async start(honestUrl: string): Promise<CannedEngine> {
    const engine = new CannedEngine(honestUrl);
    await new Promise<void>((resolve) => engine.#server.listen(0, "127.0.0.1", resolve));
    return engine;
  }

  get url(): string {
    // CAST: it listens on a port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    // CAST: a request is read in bytes unless an encoding is set.
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = request.url ?? "/";
    const isAsked = path === "/api/generate" || path === "/api/chat";
    // CAST: the worker sends JSON objects.
    const asked = isAsked ? (JSON.parse(body.toString()) as Record<string, unknown>) : {};
    if (isAsked && asked["stream"] !== false && asked["_debug_render_only"] !== true)
      return this.#answer(path, String(asked["model"]), answer);
    const honest = await fetch(`${this.#honestUrl}${path}`, {
      method: request.method ?? "GET",
      headers: { "content-type": "application/json" },
      ...(body.length === 0 ? {} : { body }),
    });
    answer.writeHead(honest.status, {
      "content-type": honest.headers.get("content-type") ?? "application/json",
    });
    answer.end(Buffer.from(await honest.arrayBuffer()));
  }

  #answer(path: string, model: string, answer: ServerResponse): void {
    this.answers += 1;
    answer.writeHead(200, { "content-type": "application/x-ndjson" });
    const said = (text: string) =>
      path === "/api/chat" ? { message: { role: "assistant", content: text } } : { response: text };
    WORDS.forEach((word, index) => {
      const text = index === 0 ? word : ` ${word}`;
      answer.write(
        `${JSON.stringify({ model, created_at: new Date().toISOString(), ...said(text), done: false })}\n`,
      );
    });
    const last = {
      model,
      created_at: new Date().toISOString(),
      ...said(""),
      done: true,
      done_reason: "stop",
    };
    const counts = {
      prompt_eval_count: 12,
      eval_count: WORDS.length + 1,
      total_duration: 1,
      eval_duration: 1,
    };
    answer.end(`${JSON.stringify({ ...last, ...counts })}\n`);
  }
}
