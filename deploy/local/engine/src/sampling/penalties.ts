import { type Candidate, rankCandidates, type SamplingOptions } from "./sampler.js";

/**
 * Step 1 of the sampler. The tokens among the last `repeatLastN` of the sequence (prompt and generated alike: a resumed
 * text must be penalised as the undisturbed one was) lose as llama.cpp has it: a positive logit is divided by
 * `repeatPenalty`, any other multiplied; then `presencePenalty + occurrences × frequencyPenalty` is subtracted.
 */
export class Penalties {
  readonly #options: SamplingOptions;
  readonly #window: number[];
  readonly #occurrences = new Map<number, number>();

  /** `windowTokens` is `repeatLastN` with -1 resolved. `history` is the sequence so far. */
  constructor(options: SamplingOptions, windowTokens: number, history: Uint32Array) {
    this.#options = options;
    this.#window = windowTokens === 0 ? [] : Array.from(history.slice(-windowTokens));
    for (const token of this.#window) this.#count(token, 1);
    this.#windowTokens = windowTokens;
  }

  readonly #windowTokens: number;

  /** Whether these options penalise anything. */
  static areActive(options: SamplingOptions): boolean {
    const { repeatPenalty, presencePenalty, frequencyPenalty, repeatLastN } = options;
    return repeatLastN !== 0 && (repeatPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0);
  }

  /**
   * How many of the best raw logits must be known so that the best `count` penalised ones are among them: penalties
   * that only lower move at most the tokens of the window out; penalties that raise can bring any token up (Infinity).
   */
  rawCandidatesFor(count: number): number {
    const { repeatPenalty, presencePenalty, frequencyPenalty } = this.#options;
    const onlyLowers = repeatPenalty >= 1 && presencePenalty >= 0 && frequencyPenalty >= 0;
    return onlyLowers ? count + this.#occurrences.size : Number.POSITIVE_INFINITY;
  }

  /** The candidates with penalised logits, ranked anew. */
  apply(ranked: readonly Candidate[]): Candidate[] {
    return rankCandidates(ranked.map((candidate) => this.#penalise(candidate)));
  }

  /** Notes the token that was chosen. */
  push(token: number): void {
    if (this.#windowTokens === 0) return;
    this.#window.push(token);
    this.#count(token, 1);
    if (this.#window.length > this.#windowTokens) this.#count(this.#window.shift() as number, -1);
  }

  #penalise(candidate: Candidate): Candidate {
    const occurrences = this.#occurrences.get(candidate.token);
    if (occurrences === undefined) return candidate;
    const { repeatPenalty, presencePenalty, frequencyPenalty } = this.#options;
    const { token, logit } = candidate;
    const scaled = logit > 0 ? logit / repeatPenalty : logit * repeatPenalty;
    return { token, logit: scaled - presencePenalty - occurrences * frequencyPenalty };
  }

  #count(token: number, change: number): void {
    const occurrences = (this.#occurrences.get(token) ?? 0) + change;
    if (occurrences === 0) this.#occurrences.delete(token);
    else this.#occurrences.set(token, occurrences);
  }
}
