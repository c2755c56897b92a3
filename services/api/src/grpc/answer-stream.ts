import type { JobResult } from "@flock/jobs";
import { ChatResponse, type Done, type Logprob, type ToolCall } from "@flock/proto/public";
import type { AnswerPiece } from "../answers/answer-piece.js";
import type { AnswerSink, ClientLimits } from "../answers/answer-sink.js";
import type { StreamFormat } from "../answers/streamed-answer.js";
import { WriteTurn } from "../answers/write-turn.js";
import type { ApiMetrics } from "../metrics.js";
import type { PublicError } from "../public-error.js";
import type { RequestContext } from "../request-context.js";
import { doneOf, logprobOf, toolCallOf } from "./answer-messages.js";
import type { GrpcCall } from "./grpc-call.js";
import { bufferOf, type MessageStream } from "./grpc-method.js";
import { statusOfPublic } from "./status-table.js";

/** What an answer is made of: pieces as they come, and in the last frame how it ended. */
export interface AnswerFrame extends AnswerPiece {
  readonly done?: Done;
  readonly error?: PublicError;
}

const NOTHING: AnswerPiece = { text: "", thinking: "", logprobs: [], toolCalls: [] };

/** Pieces are frames as they are, because one is made for every token of every client. */
export class AnswerFormat implements StreamFormat<AnswerFrame> {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  piece(piece: AnswerPiece): AnswerFrame {
    return piece;
  }

  end(result: JobResult): AnswerFrame {
    return { ...NOTHING, done: doneOf(this.#context, result) };
  }

  error(error: PublicError): AnswerFrame {
    return { ...NOTHING, error };
  }
}

/** The messages of an answer: those of a completion have no tool calls, and are the same otherwise. */
export interface AnswerCodec {
  encode(message: ChatResponse): { finish(): Uint8Array };
}

export interface AnswerStreamOptions {
  readonly limits: ClientLimits;
  readonly metrics: ApiMetrics;
  readonly codec: AnswerCodec;
}

/** Messages are not larger than this and one piece, so that every client takes them, and a slow one is seen to. */
const MESSAGE_SIZE_MAX = 64 * 1024;
/** What a token's log probability, or an alternative to it, takes at least. */
const LOGPROB_SIZE = 32;

/**
 * An answer that is sent message by message, as {@link WriteTurn} says when; a message holds everything that has come
 * since the one before. A client that does not read costs at most `unsentBytesMax` and one write's pieces; past that,
 * or after `stallTimeoutMs` in which it took no message, it is cut off.
 */
export class AnswerStream implements AnswerSink<AnswerFrame> {
  readonly #call: GrpcCall;
  readonly #stream: MessageStream;
  readonly #options: AnswerStreamOptions;
  readonly #turn = new WriteTurn(() => this.#flush());
  #text = "";
  #thinking = "";
  #toolCalls: ToolCall[] = [];
  #logprobs: Logprob[] = [];
  #size = 0;
  #pieces = 0;
  #last: AnswerFrame | undefined;
  #isOver = false;
  /** Of messages that the client has not taken. */
  #unsentBytes = 0;
  #stall: NodeJS.Timeout | undefined;

  constructor(call: GrpcCall, stream: MessageStream, options: AnswerStreamOptions) {
    this.#call = call;
    this.#stream = stream;
    this.#options = options;
    call.whenOver(() => {
      this.#isOver = true;
      clearTimeout(this.#stall);
    });
  }

  write(frame: AnswerFrame): void {
    if (this.#isOver || this.#last !== undefined) return;
    this.#append(frame);
    if (this.#size >= MESSAGE_SIZE_MAX) this.#send();
    this.#turn.piece();
  }

  end(frame: AnswerFrame): void {
    if (this.#isOver || this.#last !== undefined) return;
    this.#append(frame);
    this.#last = frame;
    this.#turn.last();
  }

  #append({ text, thinking, toolCalls, logprobs }: AnswerFrame): void {
    this.#text += text;
    this.#thinking += thinking;
    this.#size += text.length + thinking.length;
    this.#pieces += 1;
    for (const toolCall of toolCalls) {
      const message = toolCallOf(toolCall);
      this.#toolCalls.push(message);
      this.#size += message.argumentsJson.length;
    }
    for (const logprob of logprobs) {
      const message = logprobOf(logprob);
      this.#logprobs.push(message);
      this.#size += LOGPROB_SIZE * (1 + message.alternatives.length);
    }
  }

  /** Writes what this turn has brought. */
  #flush(): void {
    if (this.#isOver) return;
    // What earlier writes have left: a burst within one turn is not held against a client that reads.
    if (this.#unsentBytes > this.#options.limits.unsentBytesMax) return this.#cutOff("unsent");
    if (this.#pieces > 0) this.#send();
    if (this.#last === undefined) return;
    this.#isOver = true;
    const { error } = this.#last;
    if (error === undefined) this.#stream.end();
    // How the library is told of a status: it is sent behind the messages.
    else this.#stream.emit("error", statusOfPublic(error));
  }

  #send(): void {
    const done = this.#last?.done;
    const isFailed = this.#last?.error !== undefined && this.#size === 0;
    if (!isFailed) {
      const message = ChatResponse.fromPartial({});
      message.text = this.#text;
      message.thinking = this.#thinking;
      message.toolCalls = this.#toolCalls;
      message.logprobs = this.#logprobs;
      message.done = done;
      this.#write(bufferOf(this.#options.codec.encode(message).finish()));
    }
    this.#options.metrics.chunks(this.#pieces);
    this.#text = "";
    this.#thinking = "";
    this.#toolCalls = [];
    this.#logprobs = [];
    this.#size = 0;
    this.#pieces = 0;
  }

  #write(bytes: Buffer): void {
    if (this.#unsentBytes === 0) this.#watch();
    this.#unsentBytes += bytes.length;
    this.#stream.write(bytes, () => {
      this.#unsentBytes -= bytes.length;
      this.#stall?.refresh();
    });
  }

  /** From now on a message waits. Fires also when none does any more, which changes nothing. */
  #watch(): void {
    const { stallTimeoutMs } = this.#options.limits;
    if (this.#stall === undefined) {
      this.#stall = setTimeout(() => {
        if (this.#unsentBytes > 0) this.#cutOff("stalled");
      }, stallTimeoutMs);
    } else this.#stall.refresh();
  }

  #cutOff(reason: "unsent" | "stalled"): void {
    this.#isOver = true;
    this.#call.cutOff(this.#options.metrics, reason);
  }
}
