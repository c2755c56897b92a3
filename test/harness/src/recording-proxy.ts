import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** One request that came through. Times are on the clock of performance.now(). */
export interface RecordedRequest {
  readonly path: string;
  readonly startedMs: number;
  /** Bytes of answer that the engine gave. */
  answerBytes: number;
  /** Lines of answer that the engine gave. */
  answerLines: number;
  /** When the asking side hung up before the answer was whole; undefined: it did not. */
  hungUpMs: number | undefined;
  /** When the answer was whole. */
  finishedMs: number | undefined;
}

export interface RecordingProxyOptions {
  /** Base URL of the engine behind it. */
  readonly target: string;
  /** Slows answers down: time between two lines, milliseconds. Default 0. */
  readonly lineIntervalMs?: number;
}

/**
 * A test stand-in between a worker and its engine: passes everything on and writes down what was asked, how much was
 * answered and who hung up when. What the worker sees is the real engine's answer, at the pace that the test wants.
 */
export class RecordingProxy {
  readonly requests: RecordedRequest[] = [];
  readonly url: string;
  readonly #server: Server;
  readonly #options: RecordingProxyOptions;
  /** Settles when answers may go on. */
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};
  #heldFrom = 0;

  private constructor(server: Server, options: RecordingProxyOptions) {
    this.#server = server;
    this.#options = options;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(options: RecordingProxyOptions): Promise<RecordingProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new RecordingProxy(server, options);
    server.on("request", (asked, answer) => proxy.#pass(asked, answer));
    return proxy;
  }

  /** Requests that generate: those whose answers are streams. */
  get generations(): RecordedRequest[] {
    return this.requests.filter(({ path }) => path === "/api/generate" || path === "/api/chat");
  }

  /** From now on no more than so many lines of each answer are passed on, until {@link release}. */
  hold(lines = 0): void {
    this.#heldFrom = lines;
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  async stop(): Promise<void> {
    this.release();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const record: RecordedRequest = {
      path: asked.url ?? "",
      startedMs: performance.now(),
      answerBytes: 0,
      answerLines: 0,
      hungUpMs: undefined,
      finishedMs: undefined,
    };
    this.requests.push(record);
    const passed = request(`${this.#options.target}${asked.url}`, {
      method: asked.method,
      headers: { ...asked.headers, host: new URL(this.#options.target).host },
    });
    answer.once("close", () => {
      if (answer.writableFinished) record.finishedMs = performance.now();
      else record.hungUpMs = performance.now();
      passed.destroy();
    });
    passed.once("error", () => answer.destroy());
    passed.once("response", (response) => void this.#relay(response, answer, record));
    asked.pipe(passed);
  }

  async #relay(response: IncomingMessage, answer: ServerResponse, record: RecordedRequest): Promise<void> {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    try {
      for await (const line of linesOf(response)) {
        if (record.answerLines >= this.#heldFrom) await this.#gate;
        record.answerBytes += line.length;
        record.answerLines += 1;
        answer.write(line);
        if (this.#options.lineIntervalMs) await sleep(this.#options.lineIntervalMs);
      }
      answer.end();
    } catch {
      answer.destroy(); // The engine broke off: so does the proxy.
    }
  }
}

/** The parts of a body, cut after each newline. */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const part of body) {
    rest = Buffer.concat([rest, part]);
    for (let at = rest.indexOf(0x0a); at !== -1; at = rest.indexOf(0x0a)) {
      yield rest.subarray(0, at + 1);
      rest = rest.subarray(at + 1);
    }
  }
  if (rest.length > 0) yield rest;
}
