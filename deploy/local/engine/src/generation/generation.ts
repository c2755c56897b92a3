import type { SequenceLease } from "../decode/batch-decoder.js";
import type { OutputGrammar } from "../sampling/grammar.js";
import type { SamplingOptions } from "../sampling/sampler.js";
import { type ChosenToken, TokenChooser } from "../sampling/token-chooser.js";
import { type Piece, PieceAssembler, type TokenTexts } from "./pieces.js";
import { StopText } from "./stop-text.js";

export interface GenerationOptions {
  /** At least one token, fewer than `contextTokens`. */
  readonly prompt: Uint32Array;
  /** Prompt and generated tokens together never exceed this. */
  readonly contextTokens: number;
  /** Tokens to generate at most, at least 1; negative: until the context is full. */
  readonly predictTokensMax: number;
  readonly stop: readonly string[];
  readonly sampling: SamplingOptions;
  readonly grammar?: OutputGrammar | undefined;
  /** 0 to 20; undefined: no log probabilities. */
  readonly topLogprobs?: number | undefined;
}

/** A part of the text, as soon as it is certain. */
export interface GeneratedChunk {
  /** Never empty. Whole characters, whole tokens (only the last chunk may be cut, by a stop string). */
  readonly text: string;
  /** The tokens of `text`, in order. */
  readonly tokens: readonly ChosenToken[];
  /** Tokens generated so far for the text delivered so far, this chunk's included. */
  readonly evalCount: number;
}

export interface GenerationResult {
  /** `stop`: the model ended its text, or a stop string did. `length`: `predictTokensMax` or the context did. */
  readonly doneReason: "stop" | "length";
  readonly promptEvalCount: number;
  /**
   * All tokens that the model generated, as Ollama counts: the end-of-text token and the tokens of a stop string or of
   * an incomplete last character are counted although their text is not delivered.
   */
  readonly evalCount: number;
  /** Nanoseconds from having a sequence to the first token, and from there to the last. */
  readonly promptEvalNs: number;
  readonly evalNs: number;
}

/** What a generation needs of a vocabulary. */
export interface GenerationVocabulary extends TokenTexts {
  readonly size: number;
  isEndOfText(token: number): boolean;
  /** How much of a prompt to evaluate in bulk; less than all of it. */
  bulkTokens(prompt: Uint32Array): number;
}

/**
 * Evaluates the prompt on an empty sequence and generates until the text ends; `deliver` gets the text as it comes.
 * Rejects with `cancelled` once `signal` aborts, at most one batch later. The lease is released in every case.
 */
export async function generate(
  lease: SequenceLease,
  vocabulary: GenerationVocabulary,
  options: GenerationOptions,
  deliver: (chunk: GeneratedChunk) => void,
  signal: AbortSignal,
): Promise<GenerationResult> {
  const release = () => lease.release();
  signal.addEventListener("abort", release, { once: true });
  if (signal.aborted) release();
  try {
    return await new Generation(lease, vocabulary, options, deliver).run();
  } finally {
    signal.removeEventListener("abort", release);
    release();
  }
}

class Generation {
  readonly #lease: SequenceLease;
  readonly #vocabulary: GenerationVocabulary;
  readonly #options: GenerationOptions;
  readonly #deliver: (chunk: GeneratedChunk) => void;
  readonly #chooser: TokenChooser;
  readonly #assembler: PieceAssembler;
  readonly #stopText: StopText;
  #evalCount = 0;
  #deliveredTokens = 0;

  constructor(
    lease: SequenceLease,
    vocabulary: GenerationVocabulary,
    options: GenerationOptions,
    deliver: (chunk: GeneratedChunk) => void,
  ) {
    this.#lease = lease;
    this.#vocabulary = vocabulary;
    this.#options = options;
    this.#deliver = deliver;
    this.#chooser = new TokenChooser({ ...options, vocabularySize: vocabulary.size });
    this.#assembler = new PieceAssembler(vocabulary);
    this.#stopText = new StopText(options.stop);
  }

  async run(): Promise<GenerationResult> {
    const { prompt } = this.#options;
    const startedAt = performance.now();
    let firstTokenAt: number | undefined;
    let doneReason: GenerationResult["doneReason"] | undefined;
    const bulkTokens = this.#vocabulary.bulkTokens(prompt);
    await this.#lease.prefill(prompt.subarray(0, bulkTokens));
    let append = prompt.subarray(bulkTokens);
    while (doneReason === undefined) {
      const chosen = await this.#next(append);
      firstTokenAt ??= performance.now();
      doneReason = this.#take(chosen);
      append = Uint32Array.of(chosen.token);
    }
    const endedAt = performance.now();
    return {
      doneReason,
      promptEvalCount: prompt.length,
      evalCount: this.#evalCount,
      promptEvalNs: nanoseconds((firstTokenAt ?? endedAt) - startedAt),
      evalNs: nanoseconds(endedAt - (firstTokenAt ?? endedAt)),
    };
  }

  async #next(append: Uint32Array): Promise<ChosenToken> {
    const position = this.#options.prompt.length + this.#evalCount;
    let chosen: ChosenToken | undefined;
    const token = await this.#lease.next(append, async (reader) => {
      chosen = await this.#chooser.choose(reader, position);
      return chosen.token;
    });
    return chosen ?? { token };
  }

  /** Counts and delivers a token; says whether the text ended with it. */
  #take(chosen: ChosenToken): GenerationResult["doneReason"] | undefined {
    this.#evalCount++;
    if (this.#vocabulary.isEndOfText(chosen.token)) {
      this.#flush();
      return "stop";
    }
    const piece = this.#assembler.push(chosen);
    if (piece !== undefined) {
      const { pieces, isStopped } = this.#stopText.push(piece);
      this.#send(pieces);
      if (isStopped) return "stop";
    }
    const { prompt, contextTokens, predictTokensMax } = this.#options;
    const isFull = prompt.length + this.#evalCount >= contextTokens;
    if (!isFull && this.#evalCount !== predictTokensMax) return undefined;
    this.#flush();
    return "length";
  }

  #flush(): void {
    const rest = this.#assembler.flush();
    if (rest !== undefined) this.#send(this.#stopText.push(rest).pieces);
    this.#send(this.#stopText.flush());
  }

  #send(pieces: readonly Piece[]): void {
    const tokens = pieces.flatMap((piece) => piece.tokens);
    this.#deliveredTokens += tokens.length;
    const text = pieces.map((piece) => piece.text).join("");
    if (text !== "") this.#deliver({ text, tokens, evalCount: this.#deliveredTokens });
  }
}

/** At least 1: clients divide by it. */
const nanoseconds = (milliseconds: number) => Math.max(1, Math.round(milliseconds * 1e6));
