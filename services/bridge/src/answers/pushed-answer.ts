import type { IncomingMessage } from "node:http";
import { FlockError } from "@flock/errors";
import { GatheredBytes } from "../gathered-bytes.js";
import type { Push } from "../push-desk.js";
import { isLastLine } from "./answer-line.js";

/** Longer than any line of a streamed answer. */
const LINE_BYTES_MAX = 1024 * 1024;
/** More than any answer has, as bytes of JSON. */
const ANSWER_BYTES_MAX = 128 * 1024 * 1024;
/** The embeddings of the largest request. */
const WHOLE_BYTES_MAX = 64 * 1024 * 1024;
/** How long what follows after the last line may take to end. */
const REST_MS = 5_000;
const LINE_FEED = 10;

/**
 * An Ollama's answer that its worker pushes, as much of a `Response` as the Ollama client reads. Only whole lines that
 * an Ollama could have written are passed on. A worker that brings none for `quietMs` has fallen silent.
 */
export class PushedAnswer {
  readonly #message: IncomingMessage;
  readonly #push: Push;
  readonly #quietMs: number;
  readonly #lines: AsyncGenerator<Uint8Array>;
  #timer: NodeJS.Timeout | undefined;

  constructor(push: Push, quietMs: number, signal: AbortSignal) {
    this.#push = push;
    this.#message = push.message;
    this.#quietMs = quietMs;
    this.#lines = this.#read();
    const hangUp = (): void => void this.#message.destroy();
    if (signal.aborted) hangUp();
    else signal.addEventListener("abort", hangUp);
    this.#message.once("close", () => {
      clearTimeout(this.#timer);
      signal.removeEventListener("abort", hangUp);
    });
  }

  /** Status 200: an original worker pushes nothing else. */
  asResponse(): Response {
    const answer = {
      ok: true,
      status: 200,
      statusText: "OK",
      headers: { get: () => null },
      json: () => this.#whole(),
      body: { getReader: () => ({ read: () => this.#lines.next(), releaseLock: () => {} }) },
    };
    // CAST: what the pinned client reads of a Response, and no more; its tests run against real servers.
    return answer as unknown as Response;
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    const begun = new GatheredBytes();
    let allBytes = 0;
    let isOver = false;
    try {
      this.#restartTimer();
      for await (const chunk of this.#message.iterator({ destroyOnReturn: false })) {
        const bytes = chunk as Buffer;
        allBytes += bytes.length;
        if (allBytes > ANSWER_BYTES_MAX) throw tooLong();
        if (isOver) continue;
        let from = 0;
        for (let feed = bytes.indexOf(LINE_FEED); feed >= 0; feed = bytes.indexOf(LINE_FEED, from)) {
          begun.add(bytes.subarray(from, feed + 1));
          if (begun.length > LINE_BYTES_MAX) throw tooLong();
          const line = begun.take();
          from = feed + 1;
          this.#restartTimer();
          isOver = isLastLine(line);
          if (isOver) this.#endInOrder();
          yield line;
          if (isOver) break;
        }
        if (isOver) continue;
        begun.add(bytes.subarray(from));
        if (begun.length > LINE_BYTES_MAX) throw tooLong();
      }
      if (begun.length > 0)
        throw new FlockError("unavailable", "the worker's answer ends in the middle of a line");
      this.#reply();
    } catch (thrown) {
      this.#message.destroy();
      throw thrown;
    }
  }

  /** An answer that is one object, however its lines are. */
  async #whole(): Promise<unknown> {
    const gathered = new GatheredBytes();
    this.#restartTimer();
    try {
      for await (const chunk of this.#message.iterator({ destroyOnReturn: false })) {
        gathered.add(chunk as Buffer);
        if (gathered.length > WHOLE_BYTES_MAX) throw tooLong();
      }
      clearTimeout(this.#timer);
      this.#reply();
    } catch (thrown) {
      this.#message.destroy();
      throw thrown;
    }
    const answer: unknown = JSON.parse(gathered.take().toString());
    if (typeof answer === "object" && answer !== null) return answer;
    throw new FlockError("unavailable", "the worker sent what is no answer of an Ollama");
  }

  /** The last line is the client's last: nobody reads on, and the little that may follow is dropped. */
  #endInOrder(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#message.destroy(), REST_MS);
    // By then the client has taken that line. What fails now harms nobody.
    setImmediate(() => void this.#lines.next().catch(() => {}));
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#message.destroy(new FlockError("unavailable", "the worker fell silent"));
    }, this.#quietMs);
  }

  #reply(): void {
    const { response } = this.#push;
    if (response.headersSent) return;
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  }
}

function tooLong(): FlockError {
  return new FlockError("unavailable", "the worker sent more than any answer has");
}
