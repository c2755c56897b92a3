import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { FlockError } from "@flock/errors";
import { Random } from "@flock/simulation";
import { type Asked, type Cheat, type Engines, type Line, type Memory, textOf } from "./cheat.js";
import { sourceAt } from "./engine-lines.js";

export interface CheatingOllamaOptions {
  readonly cheat: Cheat;
  /** The real engine with the model that is claimed: it answers whatever is not worth a lie. */
  readonly claimedUrl: string;
  readonly smallerUrl: string;
  readonly coarserUrl: string;
  readonly seed: number;
}

/**
 * An Ollama that cheats: it speaks Ollama's protocol, shows the model that it claims to have, and answers by a cheat. A
 * worker beside it is an ordinary one.
 */
export class CheatingOllama {
  readonly #options: CheatingOllamaOptions;
  readonly #engines: Engines;
  readonly #memory: Memory;
  readonly #server: Server;

  constructor(options: CheatingOllamaOptions) {
    this.#options = options;
    this.#engines = {
      claimed: sourceAt(options.claimedUrl),
      smaller: sourceAt(options.smallerUrl),
      coarser: sourceAt(options.coarserUrl),
    };
    this.#memory = { texts: [], random: new Random(options.seed) };
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => {
        // Whoever asked is gone, or the engine is: nobody is left to tell.
        response.destroy();
      });
    });
  }

  /** @returns its URL. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    // CAST: a TCP server that listens has such an address.
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    const sent = await text(request);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const body = path === "/api/generate" || path === "/api/chat" ? objectIn(sent) : undefined;
    const isQuestion = body?._debug_render_only === true || (body?.prompt ?? body?.messages ?? "") === "";
    if (body === undefined || isQuestion) {
      await this.#passOn(request, sent, response);
      return;
    }
    // CAST: compared above.
    const asked: Asked = { path: path as Asked["path"], body, signal: gone.signal };
    const lines = this.#options.cheat.answer(asked, this.#engines, this.#memory);
    if (body.stream === false) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(await inOne(lines)));
      return;
    }
    response.setHeader("content-type", "application/x-ndjson");
    for await (const line of lines) response.write(`${JSON.stringify(line)}\n`);
    response.end();
  }

  async #passOn(request: IncomingMessage, sent: string, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const init = method === "GET" || method === "HEAD" ? { method } : { method, body: sent };
    const answer = await fetch(new URL(url, this.#options.claimedUrl), init);
    const type = answer.headers.get("content-type") ?? "application/json";
    response.writeHead(answer.status, { "content-type": type });
    response.end(await answer.text());
  }
}

/** The lines of an answer as the one object that is sent if nothing is streamed. */
async function inOne(lines: AsyncIterable<Line>): Promise<Line> {
  let said = "";
  let last: Line | undefined;
  const logprobs: unknown[] = [];
  for await (const line of lines) {
    said += textOf(line);
    logprobs.push(...(line.logprobs ?? []));
    last = line;
  }
  if (last === undefined) throw new FlockError("unavailable", "the cheat has nothing to say");
  const whole = "message" in last ? { message: { role: "assistant", content: said } } : { response: said };
  return { ...last, ...whole, ...(logprobs.length === 0 ? {} : { logprobs }) } as Line;
}

function objectIn(sent: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(sent);
  return typeof value === "object" && value !== null ? { ...value } : {};
}
