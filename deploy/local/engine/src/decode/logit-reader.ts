import type { LlamaGrammarEvaluationState } from "node-llama-cpp";
import type { Addon, NativeSampler } from "./addon.js";

/** The best tokens at one position by raw logit (nothing applied to it), and what is needed to normalise them. */
export interface RankedLogits {
  /** Token id and logit alternating, by falling logit; the order among equal logits is not defined. */
  readonly ranked: readonly number[];
  /** Sum of exp(logit − highest logit) over the whole vocabulary; only if asked for. */
  readonly totalWeight: number | undefined;
}

/**
 * Reads the logits of one position of one sequence. A reader may be asked several times while the token is being
 * chosen, one question at a time.
 */
export class LogitReader {
  readonly #addon: Addon;
  readonly #sampler: NativeSampler;
  readonly #vocabularySize: number;
  /** Where the position lies in the batch that was decoded last; set by the decoder. */
  batchIndex = 0;

  constructor(addon: Addon, vocabularySize: number) {
    this.#addon = addon;
    this.#sampler = addon.createSampler();
    this.#vocabularySize = vocabularySize;
  }

  /** The token with the highest logit, the lowest id among equals. The cheapest question. */
  best(): Promise<number> {
    this.#sampler.applyConfig({ temperature: 0 });
    return this.#addon.context.sampleToken(this.batchIndex, this.#sampler);
  }

  /** The `count` best tokens. `withTotalWeight` sorts the whole vocabulary and so costs more when that is large. */
  async top(count: number, withTotalWeight = false): Promise<RankedLogits> {
    const isPartial = count < this.#vocabularySize && !withTotalWeight;
    this.#sampler.applyConfig(isPartial ? selectTop(count) : { temperature: 0 });
    return this.#read(count, withTotalWeight);
  }

  /** The `count` best of the tokens that `grammar` admits now; empty if it admits none. `grammar` does not move. */
  async topAdmitted(count: number, grammar: LlamaGrammarEvaluationState): Promise<readonly number[]> {
    const grammarEvaluationState = this.#addon.grammars.handle(grammar.clone());
    this.#sampler.applyConfig({
      ...selectTop(Math.min(count, this.#vocabularySize)),
      grammarEvaluationState,
    });
    // Reading fails when the grammar admits nothing: the native sampler then cannot take what it picked.
    const { ranked } = await this.#read(count, false).catch(() => ({ ranked: [] }));
    // Tokens that the grammar forbids stay in the list with a logit of minus infinity, behind the others.
    const firstForbidden = ranked.findIndex((value, index) => index % 2 === 1 && value === -Infinity);
    return firstForbidden === -1 ? ranked : ranked.slice(0, firstForbidden - 1);
  }

  async #read(count: number, withTotalWeight: boolean): Promise<RankedLogits> {
    const filter = [[], false, false, false, count] as const;
    const sampler = this.#sampler;
    const sample = await this.#addon.context.sampleToken(
      this.batchIndex,
      sampler,
      false,
      false,
      filter,
      withTotalWeight,
    );
    return { ranked: sample[3] ?? [], totalWeight: sample[4] };
  }

  dispose(): void {
    this.#sampler.dispose();
  }
}

/** A chain that keeps the best `count` tokens and leaves their logits as they are; what it samples is not used. */
const selectTop = (count: number) => ({ temperature: 1, topK: count, topP: 1, seed: 0 });
