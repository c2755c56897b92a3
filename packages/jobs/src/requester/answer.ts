import { type Chunk, type ChunkContent, Operation, type Resume } from "@flock/proto/jobs";
import { outputSha256 } from "../output-hash.js";
import { DeliveredText, type TokenRange } from "./delivered-text.js";
import type { DeliveredChunk, JobSpec } from "./job.js";

/** What became of a chunk. */
export type ChunkOutcome =
  | { readonly kind: "deliver"; readonly chunk: DeliveredChunk }
  /** An earlier lease has delivered all of it. */
  | { readonly kind: "repeated" }
  /** Chunks were lost on the way, or cannot be read. */
  | { readonly kind: "gap" }
  /** A replay produced another text than the one delivered. */
  | { readonly kind: "diverged" };

const REPEATED: ChunkOutcome = { kind: "repeated" };
const GAP: ChunkOutcome = { kind: "gap" };
const DIVERGED: ChunkOutcome = { kind: "diverged" };
const NO_TOKENS: TokenRange = { min: 0, max: 0 };

/**
 * Tokens without visible text that an honest answer may have: end of text, stop words that are cut off, partial runes.
 */
const INVISIBLE_TOKENS_MAX = 16;

/**
 * A job's answer, put together from the chunks of one lease after the other: what the client has of it, and what the
 * last lease has produced, which its receipt vouches for. Pure.
 *
 * What was delivered only grows, and each of its characters is delivered once.
 */
export class Answer {
  /** The next lease goes on where the text ends; else it starts over, and what it repeats is checked. */
  readonly #continues: boolean;
  readonly #delivered = new DeliveredText();
  #nextSeq = 0;
  /** Tokens of earlier leases that the last one does not generate again: bounds of what its receipt may say. */
  #resumedTokens = NO_TOKENS;
  #promptTokens = 0;
  /** Where the last lease began in what is delivered, if it continues it: all that it produces is delivered. */
  #textStart = 0;
  #thinkingStart = 0;
  /** What the last lease has produced again, and more, if it starts over. */
  #replayedText = "";
  #replayedThinking = "";
  #replayedTokens = 0;
  #toolCalls: Uint8Array[] = [];
  #embeddings: Uint8Array[] = [];

  constructor({ operation, resume }: Pick<JobSpec, "operation" | "resume">) {
    this.#continues = resume === "continue" && operation !== Operation.EMBED;
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

  /** True once the last lease has produced anything. */
  get hasLeaseOutput(): boolean {
    return this.#nextSeq > 0;
  }

  get embeddingsJson(): Uint8Array {
    return Buffer.concat(this.#embeddings);
  }

  /** Another lease begins. Returns what it goes on from; undefined if it begins at the beginning. */
  beginLease(): Resume | undefined {
    this.#nextSeq = 0;
    this.#textStart = this.#delivered.text.length;
    this.#thinkingStart = this.#delivered.thinking.length;
    this.#replayedText = "";
    this.#replayedThinking = "";
    this.#replayedTokens = 0;
    this.#toolCalls = [];
    this.#embeddings = [];
    this.#resumedTokens = this.#continues ? this.#delivered.beginAnew() : NO_TOKENS;
    if (!this.#continues || !this.hasDelivered) return undefined;
    return { ...this.#delivered.toResume(), promptTokens: this.#promptTokens };
  }

  /** Takes the lease's next chunk, and says what of it the client has not seen yet. */
  take(chunk: Chunk): ChunkOutcome {
    // Nothing is asked for sealed, so nobody here can read what is sealed.
    if (chunk.seq !== this.#nextSeq || chunk.content?.$case !== "plain") return GAP;
    const content = chunk.content.value;
    this.#nextSeq += 1;
    this.notePromptTokens(chunk.promptTokens);
    if (content.embeddingsJson.length > 0) this.#embeddings.push(content.embeddingsJson);
    if (content.toolCallsJson.length > 0) this.#toolCalls.push(content.toolCallsJson);
    const { tokensMax } = chunk;
    if (this.#continues)
      return this.#deliver(content.text, content.thinking, { min: chunk.tokens, max: tokensMax }, content);

    const textBefore = this.#replayedText.length;
    const thinkingBefore = this.#replayedThinking.length;
    this.#replayedText += content.text;
    this.#replayedThinking += content.thinking;
    this.#replayedTokens += chunk.tokens;
    const text = unseen(this.#delivered.text, this.#replayedText, textBefore);
    const thinking = unseen(this.#delivered.thinking, this.#replayedThinking, thinkingBefore);
    if (text === undefined || thinking === undefined) return DIVERGED;
    const tokens = Math.max(0, Math.min(chunk.tokens, this.#replayedTokens - this.#delivered.tokens));
    // A chunk that adds neither text nor tokens was wholly delivered by an earlier lease: its logprobs were, too.
    const isRepeated = text === "" && thinking === "" && tokens === 0 && this.hasDelivered;
    return isRepeated ? REPEATED : this.#deliver(text, thinking, { min: tokens, max: tokensMax }, content);
  }

  /** Whether `seq` of a final follows the last chunk. */
  isNext(seq: number): boolean {
    return seq === this.#nextSeq;
  }

  /** Notes the first prompt's length, if it was not known. */
  notePromptTokens(promptTokens: number): void {
    if (this.#promptTokens === 0) this.#promptTokens = promptTokens;
  }

  /** Whether a receipt of the last lease may say that earlier ones had generated `tokens`. */
  mayResume(tokens: number): boolean {
    return tokens >= this.#resumedTokens.min && tokens <= this.#resumedTokens.max;
  }

  /**
   * Upper bound of the tokens that the last lease's visible output can stand for: one per byte, and a few without text
   * for the whole and for what frames each tool call.
   */
  plausibleLeaseTokens(): number {
    const { text, thinking } = this.#leaseTexts();
    const texts = Buffer.byteLength(text) + Buffer.byteLength(thinking);
    const calls = this.#toolCalls.reduce((sum, call) => sum + call.length + INVISIBLE_TOKENS_MAX, 0);
    return texts + calls + INVISIBLE_TOKENS_MAX;
  }

  /** SHA-256 of what the last lease has produced, as a receipt commits to it. */
  outputSha256(): Uint8Array {
    return outputSha256({
      ...this.#leaseTexts(),
      toolCalls: this.#toolCalls,
      embeddings: this.#embeddings,
    });
  }

  #leaseTexts(): { readonly text: string; readonly thinking: string } {
    if (!this.#continues) return { text: this.#replayedText, thinking: this.#replayedThinking };
    const { text, thinking } = this.#delivered;
    return { text: text.slice(this.#textStart), thinking: thinking.slice(this.#thinkingStart) };
  }

  #deliver(text: string, thinking: string, tokens: TokenRange, content: ChunkContent): ChunkOutcome {
    this.#delivered.append(text, thinking, tokens, content);
    const { logprobsJson, toolCallsJson } = content;
    return { kind: "deliver", chunk: { text, thinking, tokens: tokens.min, logprobsJson, toolCallsJson } };
  }
}

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
