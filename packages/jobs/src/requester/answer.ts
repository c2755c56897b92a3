import { type Chunk, ChunkContent, type ChunkPiece, Operation, type Resume } from "@flock/proto/jobs";
import { outputSha256 } from "../output-hash.js";
import type { BegunText } from "./begun-text.js";
import { DeliveredText, type TokenRange } from "./delivered-text.js";
import type { DeliveredChunk, JobSpec } from "./job.js";

/** What became of a piece. */
export type PieceOutcome =
  | { readonly kind: "deliver"; readonly chunk: DeliveredChunk }
  /** The client gets it when the answer is whole: nobody could go on behind it. */
  | { readonly kind: "hold"; readonly chunk: DeliveredChunk };

/**
 * Tokens without visible text that an honest answer may have: end of text, stop words that are cut off, partial runes.
 */
const INVISIBLE_TOKENS_MAX = 16;

const NOTHING_BEGUN: BegunText = { text: "", tokens: 0, tokensMax: 0, promptTokens: 0 };

/**
 * A job's answer, put together from the chunks of one lease after the other: what the client has of it, what is held
 * back for it, and what the last lease has produced, which its receipt vouches for. Pure.
 *
 * What was delivered only grows, and each of its characters is delivered once. What is held back is gone with its
 * lease. Held back are whole answers that no worker could go on with in the middle, and otherwise all that comes with
 * and after the first tool call.
 *
 * A job may go on behind a text that was begun elsewhere. Each lease goes on behind that text, and it is no part of
 * what the job has delivered or generated.
 */
export class Answer {
  readonly #isHeldWhole: boolean;
  readonly #begun: BegunText;
  /** Behind what was begun elsewhere. */
  readonly #delivered: DeliveredText;
  /** Of the last lease. */
  #held = new DeliveredText();
  #isHolding: boolean;
  #nextSeq = 0;
  /** Tokens of earlier leases that the last one does not generate again: bounds of what its receipt may say. */
  #resumedTokens: TokenRange = { min: 0, max: 0 };
  #promptTokens: number;
  /** Where the last lease began in what is delivered. */
  #textStart = 0;
  #thinkingStart = 0;
  #toolCalls: Uint8Array[] = [];
  #embeddings: Uint8Array[] = [];

  constructor({ operation, resume, resumeFrom }: Pick<JobSpec, "operation" | "resume" | "resumeFrom">) {
    this.#begun = resumeFrom ?? NOTHING_BEGUN;
    this.#delivered = new DeliveredText(resumeFrom);
    this.#promptTokens = this.#begun.promptTokens;
    this.#isHeldWhole = resume === "whole" || operation === Operation.EMBED;
    this.#isHolding = this.#isHeldWhole;
  }

  /** True once there is anything of an answer, also if it is held back. */
  get hasAny(): boolean {
    const { text, thinking = "" } = this.#begun;
    const hasNewText =
      this.#delivered.text.length > text.length || this.#delivered.thinking.length > thinking.length;
    return hasNewText || this.tokens > 0 || this.#held.hasAny;
  }

  /** Whether it says anything at all: an answer may be over before its first word. */
  get saysAnything(): boolean {
    const texts = [this.#delivered, this.#held].map(({ text, thinking }) => text.length + thinking.length);
    return texts.some((length) => length > 0) || this.#toolCalls.length > 0;
  }

  /** Completion tokens of what there is, at least. */
  get tokens(): number {
    return this.#delivered.tokens - this.#begun.tokens + this.#held.tokens;
  }

  /** Of the request alone; 0 while unknown. */
  get promptTokens(): number {
    return this.#promptTokens;
  }

  /** Of what was begun elsewhere, at least: the model reads it as it reads its prompt. */
  get begunTokens(): number {
    return this.#begun.tokens;
  }

  /**
   * Of `tokens` that the last lease went on behind, those that earlier leases of this job have generated, at least:
   * how many were begun elsewhere may not be known exactly.
   */
  earlierTokens(tokens: number): number {
    return Math.max(this.#resumedTokens.min - this.#begun.tokens, tokens - this.#begun.tokensMax);
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
    this.#held = new DeliveredText();
    this.#isHolding = this.#isHeldWhole;
    this.#toolCalls = [];
    this.#embeddings = [];
    this.#resumedTokens = this.#delivered.beginAnew();
    if (!this.#delivered.hasAny) return undefined;
    return { ...this.#delivered.toResume(), promptTokens: this.#promptTokens };
  }

  /** The lease's next chunk has come, and its pieces follow. */
  begin({ promptTokens }: Pick<Chunk, "promptTokens">): void {
    this.#nextSeq += 1;
    this.notePromptTokens(promptTokens);
  }

  /** Takes a piece of the chunk, and says whether the client may have it now. */
  take({ content = ChunkContent.create(), tokens, tokensMax }: ChunkPiece): PieceOutcome {
    if (content.embeddingsJson.length > 0) this.#embeddings.push(content.embeddingsJson);
    if (content.toolCallsJson.length > 0) {
      this.#toolCalls.push(content.toolCallsJson);
      this.#isHolding = true;
    }
    const target = this.#isHolding ? this.#held : this.#delivered;
    target.append({ min: tokens, max: tokensMax }, content);
    return { kind: this.#isHolding ? "hold" : "deliver", chunk: deliveredChunk(tokens, content) };
  }

  /** Whether `seq`, of a chunk or a final, follows the last chunk's. */
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
    const { text, thinking } = this.#delivered;
    return {
      text: text.slice(this.#textStart) + this.#held.text,
      thinking: thinking.slice(this.#thinkingStart) + this.#held.thinking,
    };
  }
}

function deliveredChunk(tokens: number, content: ChunkContent): DeliveredChunk {
  const { text, thinking, logprobsJson, toolCallsJson } = content;
  return { text, thinking, tokens, logprobsJson, toolCallsJson };
}
