import { FlockError } from "@flock/errors";
import type { Signer } from "@flock/keys";
import { PART_BYTES_MAX } from "@flock/proto";
import {
  type Chunk,
  type ChunkPiece,
  type Final,
  Operation,
  Outcome,
  type Receipt,
  type SignedReceipt,
} from "@flock/proto/jobs";
import type { ContentSealer } from "../content/content-sealer.js";
import { inReceipt } from "../content/privacy.js";
import { outputSha256 } from "../output-hash.js";
import { signReceipt } from "../receipt.js";
import { GatheredPieces } from "./gathered-pieces.js";
import { blankTailOf, HeldPieces, type TailedPiece } from "./held-pieces.js";
import type { ReportSender } from "./report-sender.js";
import type { GrantedJob, JobRunner, Piece, RunResult } from "./runner.js";

/** Chunks of a job whose client does not read along are held back this long, to be sent together. */
const COALESCE_MS = 50;

/** Why a run is being ended from outside. */
export type EndReason = "cancelled" | "returned" | "abandoned";

export interface LeaseRunOptions {
  readonly job: GrantedJob;
  readonly coalesce: boolean;
  readonly requesterId: string;
  readonly modelDigest: string;
  readonly workerId: string;
  readonly signer: Signer;
  /** Account that is paid in the worker's place. Default: none. */
  readonly payeeId?: string | undefined;
  readonly runner: JobRunner;
  readonly sender: ReportSender;
  /** How the answer is put. */
  readonly sealer: ContentSealer;
  /** Told whenever the engine has produced something. */
  readonly onOutput: () => void;
}

const NO_BYTES = new Uint8Array();
const ERROR_LENGTH_MAX = 500;
const NO_ERROR = { error: "", isEngineAnswer: false };

function pieceOf({ piece, blankTail }: TailedPiece): ChunkPiece {
  const content = {
    text: piece.text ?? "",
    thinking: piece.thinking ?? "",
    logprobsJson: piece.logprobsJson ?? NO_BYTES,
    toolCallsJson: piece.toolCallsJson ?? NO_BYTES,
    embeddingsJson: piece.embeddingsJson ?? NO_BYTES,
    blankTailLength: blankTail.length,
    blankTailTokens: blankTail.tokens,
  };
  return { content, tokens: piece.tokens, tokensMax: piece.tokensMax ?? 0 };
}

/** True if pieces may be joined: text without anything that has to stay beside its token. */
function isPlainText(piece: Piece): boolean {
  return !piece.logprobsJson && !piece.toolCallsJson && !piece.embeddingsJson && !piece.thinking;
}

/**
 * One lease in the hands of a worker: runs the job on the engine, numbers and sends its chunks, and closes with a final
 * and a signed receipt, however it ends.
 */
export class LeaseRun {
  readonly #options: LeaseRunOptions;
  readonly #abort = new AbortController();
  readonly #startedUnixMs = Date.now();
  #firstTokenUnixMs = 0;
  #endReason: EndReason | undefined;
  #seq = 0;
  #tokens = 0;
  #tokensMax = 0;
  #promptTokens = 0;
  #text: string[] = [];
  #thinking: string[] = [];
  #toolCalls: Uint8Array[] = [];
  #embeddings: Uint8Array[] = [];
  readonly #held = new HeldPieces();
  readonly #gathered: GatheredPieces;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeaseRunOptions) {
    this.#options = options;
    const { piecesMax } = options.sealer;
    this.#gathered = new GatheredPieces(piecesMax, (pieces) => options.sender.chunk(this.#chunkOf(pieces)));
  }

  get requesterId(): string {
    return this.#options.requesterId;
  }

  get jobId(): string {
    return this.#options.job.jobId;
  }

  get lease(): number {
    return this.#options.job.lease;
  }

  /** Whether the engine may say nothing for long while it works: a tool call comes in one piece, embeddings do, too. */
  get mayBeQuiet(): boolean {
    const { operation, request } = this.#options.job;
    return operation === Operation.EMBED || request["tools"] !== undefined;
  }

  /** Runs to the end, and says how it ended; never rejects. */
  async run(): Promise<Outcome> {
    const { job, runner } = this.#options;
    let final: Final;
    try {
      const result = await runner.run(job, (piece) => this.#emit(piece), this.#abort.signal);
      final = this.#final(Outcome.COMPLETED, result);
    } catch (thrown) {
      final = this.#failed(FlockError.from(thrown));
    }
    clearTimeout(this.#timer);
    // The requester of an abandoned lease is gone: there is nobody to tell.
    if (this.#endReason !== "abandoned") this.#options.sender.final(final);
    return final.outcome;
  }

  /** Ends the run: the engine is told at once, the final follows. */
  end(reason: EndReason): void {
    this.#endReason ??= reason;
    this.#abort.abort();
  }

  /**
   * Says that the lease lives. A requester that told it to stop, or is gone, hears no more than its final, however long
   * the engine takes: to go on with a dead lease is an offence.
   */
  sendProgress(): void {
    if (this.#endReason === "cancelled" || this.#endReason === "abandoned") return;
    this.#options.sender.progress({ jobId: this.jobId, lease: this.lease, chunks: this.#seq });
  }

  #emit(piece: Piece): void {
    if (this.#abort.signal.aborted) return;
    this.#options.onOutput();
    if (this.#firstTokenUnixMs === 0) this.#firstTokenUnixMs = Date.now();
    this.#tokens += piece.tokens;
    this.#tokensMax += piece.tokensMax ?? piece.tokens;
    if (piece.promptTokens) this.#promptTokens = piece.promptTokens;
    if (piece.text) this.#text.push(piece.text);
    if (piece.thinking) this.#thinking.push(piece.thinking);
    if (piece.toolCallsJson) this.#toolCalls.push(piece.toolCallsJson);
    if (piece.embeddingsJson) this.#embeddings.push(piece.embeddingsJson);
    if (piece.embeddingsJson && piece.embeddingsJson.length > PART_BYTES_MAX) return this.#sendInParts(piece);
    if (this.#options.coalesce && isPlainText(piece)) this.#hold(piece);
    else this.#send(piece);
  }

  #hold(piece: Piece): void {
    this.#held.add(piece);
    if (this.#held.isFull) return this.#sendHeld();
    this.#timer ??= setTimeout(() => this.#sendHeld(), COALESCE_MS);
  }

  #sendHeld(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = this.#held.take();
    if (held !== undefined) this.#gathered.add(held);
  }

  #send(piece: Piece): void {
    this.#sendHeld();
    this.#gathered.add({ piece, blankTail: blankTailOf(piece) });
  }

  #chunkOf(pieces: readonly TailedPiece[]): Chunk {
    const { job, sealer } = this.#options;
    const promptTokens = pieces.findLast(({ piece }) => piece.promptTokens)?.piece.promptTokens ?? 0;
    const frame = { jobId: job.jobId, lease: job.lease, seq: this.#seq, promptTokens };
    this.#seq += 1;
    return sealer.chunk(frame, pieces.map(pieceOf));
  }

  #sendInParts(piece: Piece): void {
    const bytes = piece.embeddingsJson ?? NO_BYTES;
    for (let from = 0; from < bytes.length; from += PART_BYTES_MAX) {
      const isFirst = from === 0;
      const part = {
        tokens: isFirst ? piece.tokens : 0,
        embeddingsJson: bytes.subarray(from, from + PART_BYTES_MAX),
      };
      this.#send(piece.promptTokens === undefined ? part : { ...part, promptTokens: piece.promptTokens });
    }
  }

  #failed(error: FlockError): Final {
    if (this.#endReason === "cancelled") return this.#final(Outcome.CANCELLED, undefined);
    if (this.#endReason !== undefined || error.code === "failed_precondition")
      return this.#final(Outcome.RETURNED, undefined);
    const outcome = error.code === "invalid_argument" ? Outcome.REFUSED : Outcome.FAILED;
    const isEngineAnswer = error.code === "aborted";
    return this.#final(outcome, undefined, {
      error: error.message.slice(0, ERROR_LENGTH_MAX),
      isEngineAnswer,
    });
  }

  #final(
    outcome: Outcome,
    result: RunResult | undefined,
    { error, isEngineAnswer }: Pick<Final, "error" | "isEngineAnswer"> = NO_ERROR,
  ): Final {
    const { job, sealer } = this.#options;
    const tail = this.#takeTail();
    const promptTokens = result?.promptTokens ?? this.#promptTokens;
    const completionTokens = result?.completionTokens ?? this.#tokens;
    const resumedTokens = result?.resumedTokens ?? job.resume?.deliveredTokens ?? 0;
    return sealer.final({
      jobId: job.jobId,
      lease: job.lease,
      seq: this.#seq,
      outcome,
      doneReason: result?.doneReason ?? "",
      promptTokens,
      completionTokens,
      loadDurationNs: result?.loadDurationNs ?? 0,
      promptEvalDurationNs: result?.promptEvalDurationNs ?? 0,
      evalDurationNs: result?.evalDurationNs ?? 0,
      error,
      receipt: this.#receipt(outcome, { promptTokens, completionTokens, resumedTokens }),
      tail,
      isEngineAnswer,
      // A run that was ended in the middle has only its pieces to count.
      isLowerBound: result === undefined ? this.#tokensMax > this.#tokens : result.isLowerBound === true,
      sealed: NO_BYTES,
    });
  }

  /** What is not yet sent; more than the final can carry goes ahead of it. */
  #takeTail(): Chunk | undefined {
    const held = this.#held.take();
    if (held !== undefined) this.#gathered.add(held);
    const pieces = this.#gathered.take();
    return pieces.length === 0 ? undefined : this.#chunkOf(pieces);
  }

  #receipt(
    outcome: Outcome,
    counts: Pick<Receipt, "promptTokens" | "completionTokens" | "resumedTokens">,
  ): SignedReceipt {
    const { job, workerId, signer, requesterId, modelDigest, payeeId = "", sealer } = this.#options;
    return signReceipt(signer, {
      jobId: job.jobId,
      lease: job.lease,
      requesterId,
      workerId,
      model: job.model,
      modelDigest,
      outcome,
      ...counts,
      outputSha256: outputSha256({
        thinking: this.#thinking.join(""),
        text: this.#text.join(""),
        toolCalls: this.#toolCalls,
        embeddings: this.#embeddings,
      }),
      startedUnixMs: this.#startedUnixMs,
      firstTokenUnixMs: this.#firstTokenUnixMs,
      finishedUnixMs: Date.now(),
      payeeId,
      privacy: inReceipt(sealer.privacy),
    });
  }
}
