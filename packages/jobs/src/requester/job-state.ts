import { type Chunk, type ChunkContent, ClaimRefusal, Operation, type Resume } from "@flock/proto";
import { outputSha256 } from "../output-hash.js";
import { DeliveredText, type TokenRange } from "./delivered-text.js";

/**
 * Where a job stands: pure, without clock, network or timers. One instance per job, driven by the requester.
 *
 * | phase   | event                                  | next phase | effect                                            |
 * | ------- | -------------------------------------- | ---------- | ------------------------------------------------- |
 * | waiting | claim by a worker that may have it     | leased     | lease number + 1; a resume state if text went out |
 * | waiting | claim, excluded / expired / other digest | waiting  | refused                                           |
 * | leased  | claim                                  | leased     | refused: already leased                           |
 * | leased  | chunk of the live lease, next in order | leased     | delivered (a replayed part is checked, not sent)  |
 * | leased  | chunk of the live lease, gap or divergence | leased | the requester ends the lease                      |
 * | leased  | lease lost, failed or returned         | waiting    | its worker is excluded for a while                |
 * | any     | end                                    | ended      | everything later is refused or dropped            |
 * | any     | chunk or final of another lease        | same       | dropped: the lease number fences                  |
 *
 * Invariants: the delivered text only grows; each of its characters was delivered once; at most one lease lives.
 */
export class JobState {
  readonly #options: JobStateOptions;
  /** Worker -> moment (ms of the caller's clock) until which its claims are refused. */
  readonly #excluded = new Map<string, number>();
  #phase: "waiting" | "leased" | "ended" = "waiting";
  #lease = 0;
  #workerId = "";
  #nextSeq = 0;
  #delivered = new DeliveredText();
  /** Tokens of earlier leases that the live one does not generate again: bounds of what its receipt may say. */
  #resumedTokens: TokenRange = NO_TOKENS;
  #promptTokens = 0;
  /** What the live lease has produced: for the receipt's hash and count, and for replay. */
  #leaseText = "";
  #leaseThinking = "";
  #leaseTokens = 0;
  #toolCalls: Uint8Array[] = [];
  #embeddings: Uint8Array[] = [];

  constructor(options: JobStateOptions) {
    this.#options = options;
  }

  get phase(): "waiting" | "leased" | "ended" {
    return this.#phase;
  }

  /** Number of leases granted so far; the live lease's number while leased. */
  get lease(): number {
    return this.#lease;
  }

  /** Holder of the live lease, or of the last one. */
  get workerId(): string {
    return this.#workerId;
  }

  /** True once anything was delivered that a client may have seen. */
  get hasDelivered(): boolean {
    return this.#delivered.hasAny;
  }

  /** Completion tokens that the client has, at least. */
  get deliveredTokens(): number {
    return this.#delivered.tokens;
  }

  /** Of the job's own first prompt; 0 while unknown. */
  get promptTokens(): number {
    return this.#promptTokens;
  }

  /** True once the live lease has produced anything. */
  get hasLeaseOutput(): boolean {
    return this.#nextSeq > 0;
  }

  get embeddingsJson(): Uint8Array {
    return Buffer.concat(this.#embeddings);
  }

  /** Workers whose claims are refused at `nowMs`. */
  excludedWorkerIds(nowMs: number): string[] {
    for (const [workerId, untilMs] of this.#excluded) if (untilMs <= nowMs) this.#excluded.delete(workerId);
    return [...this.#excluded.keys()];
  }

  isExcluded(workerId: string, nowMs: number): boolean {
    return (this.#excluded.get(workerId) ?? 0) > nowMs;
  }

  /** Answers a claim that is otherwise in order (deadline, digest and breaker are the requester's to check). */
  claim(workerId: string, nowMs: number): { lease: number; resume: Resume | undefined } | ClaimRefusal {
    if (this.#phase === "ended") return ClaimRefusal.CANCELLED;
    if (this.#phase === "leased") return ClaimRefusal.ALREADY_LEASED;
    if (this.isExcluded(workerId, nowMs)) return ClaimRefusal.EXCLUDED;
    this.#phase = "leased";
    this.#lease += 1;
    this.#workerId = workerId;
    this.#nextSeq = 0;
    this.#leaseText = "";
    this.#leaseThinking = "";
    this.#leaseTokens = 0;
    this.#toolCalls = [];
    this.#embeddings = [];
    this.#resumedTokens = this.#continues() ? this.#delivered.beginAnew() : NO_TOKENS;
    return { lease: this.#lease, resume: this.#resumeState() };
  }

  /** True if `workerId` holds the live lease numbered `lease`: whether its reports count. */
  holds(workerId: string, lease: number): boolean {
    return this.#phase === "leased" && this.#lease === lease && this.#workerId === workerId;
  }

  /**
   * Takes the next chunk of the live lease. `deliver` is what the client has not seen yet (empty text if this was all
   * replayed); `gap`: chunks were lost on the way, or cannot be read; `diverged`: a replay produced another text than
   * the one delivered.
   */
  chunk(chunk: Chunk): ChunkOutcome {
    // Nothing is asked for sealed, so what is sealed nobody can read.
    if (chunk.seq !== this.#nextSeq || chunk.content?.$case !== "plain") return { kind: "gap" };
    const content = chunk.content.value;
    this.#nextSeq += 1;
    if (chunk.promptTokens > 0 && this.#promptTokens === 0) this.#promptTokens = chunk.promptTokens;
    if (content.embeddingsJson.length > 0) this.#embeddings.push(content.embeddingsJson);
    if (content.toolCallsJson.length > 0) this.#toolCalls.push(content.toolCallsJson);
    this.#leaseTokens += chunk.tokens;
    const before = { text: this.#leaseText.length, thinking: this.#leaseThinking.length };
    this.#leaseText += content.text;
    this.#leaseThinking += content.thinking;
    const { tokensMax } = chunk;
    if (this.#continues())
      return this.#append(content.text, content.thinking, { min: chunk.tokens, max: tokensMax }, content);

    const text = unseen(this.#delivered.text, this.#leaseText, before.text);
    const thinking = unseen(this.#delivered.thinking, this.#leaseThinking, before.thinking);
    if (text === undefined || thinking === undefined) return { kind: "diverged" };
    const tokens = Math.max(0, Math.min(chunk.tokens, this.#leaseTokens - this.#delivered.tokens));
    // A chunk that adds neither text nor tokens was wholly delivered by an earlier lease: its logprobs were, too.
    const isRepeated = text === "" && thinking === "" && tokens === 0 && this.hasDelivered;
    return isRepeated
      ? { kind: "repeated" }
      : this.#append(text, thinking, { min: tokens, max: tokensMax }, content);
  }

  /** Whether `seq` of a final follows the last chunk. */
  isNext(seq: number): boolean {
    return seq === this.#nextSeq;
  }

  /** Notes the first prompt's length from a final, if chunks did not tell it. */
  notePromptTokens(promptTokens: number): void {
    if (this.#promptTokens === 0) this.#promptTokens = promptTokens;
  }

  /** Whether a receipt of the live lease may say that earlier ones had generated `tokens`. */
  mayResume(tokens: number): boolean {
    return tokens >= this.#resumedTokens.min && tokens <= this.#resumedTokens.max;
  }

  /**
   * Upper bound of the tokens that the live lease's visible output can stand for: one per byte, and a few without text
   * for the whole and for what frames each tool call.
   */
  plausibleLeaseTokens(): number {
    const texts = Buffer.byteLength(this.#leaseText) + Buffer.byteLength(this.#leaseThinking);
    const calls = this.#toolCalls.reduce((sum, call) => sum + call.length + INVISIBLE_TOKENS_MAX, 0);
    return texts + calls + INVISIBLE_TOKENS_MAX;
  }

  /** SHA-256 of what the live lease has produced, as a receipt commits to it. */
  outputSha256(): Uint8Array {
    return outputSha256({
      thinking: this.#leaseThinking,
      text: this.#leaseText,
      toolCalls: this.#toolCalls,
      embeddings: this.#embeddings,
    });
  }

  /** The live lease is over without an end of the job; its worker stays excluded until `excludeUntilMs`. */
  release(excludeUntilMs: number): void {
    this.#excluded.set(this.#workerId, excludeUntilMs);
    this.#phase = "waiting";
  }

  end(): void {
    this.#phase = "ended";
  }

  #append(text: string, thinking: string, tokens: TokenRange, content: ChunkContent): ChunkOutcome {
    this.#delivered.append(text, thinking, tokens, content);
    const { logprobsJson, toolCallsJson } = content;
    return { kind: "deliver", chunk: { text, thinking, tokens: tokens.min, logprobsJson, toolCallsJson } };
  }

  #continues(): boolean {
    return this.#options.resume === "continue" && this.#options.operation !== Operation.EMBED;
  }

  #resumeState(): Resume | undefined {
    if (!this.#continues() || !this.hasDelivered) return undefined;
    return { ...this.#delivered.toResume(), promptTokens: this.#promptTokens };
  }
}

const NO_TOKENS: TokenRange = { min: 0, max: 0 };

/**
 * Tokens without visible text that an honest answer may have: end of text, stop words that are cut off, partial runes.
 */
const INVISIBLE_TOKENS_MAX = 16;

export interface JobStateOptions {
  readonly operation: Operation;
  readonly resume: "continue" | "replay";
}

export type ChunkOutcome =
  | {
      readonly kind: "deliver";
      readonly chunk: {
        readonly text: string;
        readonly thinking: string;
        readonly tokens: number;
        readonly logprobsJson: Uint8Array;
        readonly toolCallsJson: Uint8Array;
      };
    }
  | { readonly kind: "repeated" }
  | { readonly kind: "gap" }
  | { readonly kind: "diverged" };

/**
 * The part of a replay that goes beyond what was delivered: `replayed` grew from `from` to its full length. Undefined
 * if it differs from `delivered` where both exist.
 */
function unseen(delivered: string, replayed: string, from: number): string | undefined {
  const overlapEnd = Math.min(delivered.length, replayed.length);
  if (from < overlapEnd && delivered.slice(from, overlapEnd) !== replayed.slice(from, overlapEnd))
    return undefined;
  return replayed.slice(Math.max(from, delivered.length));
}
