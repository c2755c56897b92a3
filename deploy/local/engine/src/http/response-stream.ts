import { FlockError } from "@flock/errors";
import type { FastifyReply } from "fastify";
import { toErrorReply } from "./errors.js";

/** A client that leaves more than this unread is cut off: it would hold a sequence and memory for nothing. */
const UNREAD_BYTES_MAX = 8 * 2 ** 20;

/** Aborts when the client goes away before its response is complete. */
export function abortOnDisconnect(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) {
      controller.abort(new FlockError("cancelled", "the client disconnected"));
    }
  });
  return controller.signal;
}

/**
 * A streamed response: one JSON object per line, each sent as soon as it is written. The status line goes out with the
 * first one; until then an error can still be an ordinary error response.
 */
export class ResponseStream {
  readonly #reply: FastifyReply;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
  }

  get isStarted(): boolean {
    return this.#reply.raw.headersSent;
  }

  write(line: object): void {
    const { raw } = this.#reply;
    if (!this.isStarted) {
      this.#reply.hijack();
      raw.writeHead(200, { "Content-Type": "application/x-ndjson" });
    }
    raw.write(`${JSON.stringify(line)}\n`);
    if (raw.writableLength > UNREAD_BYTES_MAX) raw.destroy();
  }

  end(lastLine: object): void {
    this.write(lastLine);
    this.#reply.raw.end();
  }

  /** Ends a started stream with an error line, without the `done` line that would make it look complete. */
  fail(error: unknown): void {
    this.end(toErrorReply(error).body);
  }
}
