import { randomUUID } from "node:crypto";
import { constants, type ServerHttp2Stream } from "node:http2";
import { FlockError } from "@flock/errors";
import { TRACEPARENT_HEADER } from "@flock/observability";
import { type Metadata, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import type { ApiMetrics } from "../metrics.js";
import { type CutOffReason, RequestContext } from "../request-context.js";
import type { CalledMethod } from "./called-method.js";

const GONE = new FlockError("cancelled", "the client went away");
const TIMED_OUT = new FlockError("deadline_exceeded", "the request has reached its deadline");

/** One call of a client, from its headers to its end, whatever its method. */
export class GrpcCall {
  readonly context: RequestContext;
  readonly method: CalledMethod;
  readonly metadata: Metadata;
  readonly #call: ServerInterceptingCallInterface;
  readonly #gone = new AbortController();
  readonly #onEnd: (() => void)[] = [];
  #status: status | undefined;
  #isOver = false;

  constructor(call: ServerInterceptingCallInterface, method: CalledMethod, metadata: Metadata) {
    this.#call = call;
    this.method = method;
    this.metadata = metadata;
    const timeLimitMs = Number(call.getDeadline()) - Date.now();
    this.context = new RequestContext(randomUUID(), textOf(metadata, TRACEPARENT_HEADER), timeLimitMs);
  }

  /** Of the socket that the call came by; empty when its client has gone already. */
  get socketAddress(): string {
    return this.#call.getConnectionInfo().remoteAddress ?? "";
  }

  /** The status that it was ended with; undefined as long as it goes on, and if its client went away before. */
  get status(): status | undefined {
    return this.#status;
  }

  /** Aborted when its client has gone away, was given up, or waits no longer, before it had its answer. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Calls back when it is over, at once if it is. */
  whenOver(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#onEnd.push(callback);
  }

  /** It is being ended with a status; `isOwn`: by us, and not by gRPC's library of its own accord. */
  noteStatus(code: status, isOwn: boolean): void {
    this.#status ??= code;
    if (!isOwn) this.#gone.abort(code === status.DEADLINE_EXCEEDED ? TIMED_OUT : GONE);
  }

  /** It is over: its status is sent, or its client has gone away. */
  noteEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#status === undefined) this.#gone.abort(GONE);
    this.#closeUnfinished();
    this.context.over();
    for (const callback of this.#onEnd) callback();
  }

  /**
   * Has each piece of its request looked at before the library keeps it. What comes after a piece that was not taken,
   * or after the returned function was called, is dropped.
   * @param onRefused Told what the look at a piece threw.
   */
  inspectRequest(look: (piece: Buffer) => void, onRefused: (thrown: unknown) => void): () => void {
    const stream = streamOf(this.#call);
    if (stream === undefined) throw new FlockError("internal", "gRPC's library shows no stream of a call");
    const keepers = stream.listeners("data");
    stream.removeAllListeners("data");
    let isDropped = false;
    const drop = (): void => {
      isDropped = true;
      stream.resume();
    };
    stream.on("data", (piece: Buffer) => {
      if (isDropped) return;
      try {
        look(piece);
      } catch (thrown) {
        drop();
        onRefused(thrown);
        return;
      }
      for (const keep of keepers) keep.call(stream, piece);
    });
    return drop;
  }

  /** Ends it because its client does not read; other calls on the same connection go on. */
  cutOff(metrics: ApiMetrics, reason: CutOffReason): void {
    if (this.#isOver) return;
    this.context.facts.cutOff = reason;
    metrics.cutOff(reason);
    this.#gone.abort(GONE);
    const stream = streamOf(this.#call);
    stream?.close(constants.NGHTTP2_CANCEL);
    stream?.destroy();
  }

  /** Closes what is left of it behind its status: a client could go on sending for as long as it likes. */
  #closeUnfinished(): void {
    const stream = streamOf(this.#call);
    if (stream === undefined || stream.readableEnded) return;
    // A status behind messages is on its way only when this turn is over; a stream that is closed sends it no more.
    setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
  }
}

/** The value of a key; the first one, if there are several. */
export function textOf(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key);
  return typeof value === "string" ? value : undefined;
}

/**
 * The stream below a call. The library cannot end one whose client takes nothing, because a status waits behind what is
 * unread, and gathers messages unasked. So this takes a private field of the pinned version; a test fails if there is
 * none any more.
 */
function streamOf(call: ServerInterceptingCallInterface): ServerHttp2Stream | undefined {
  return "stream" in call ? (call.stream as ServerHttp2Stream) : undefined; // CAST: see above.
}
