import { FlockError } from "@flock/errors";
import type { LogitReader, RankedLogits } from "../decode/logit-reader.js";
import type { OutputGrammar } from "./grammar.js";
import { Penalties } from "./penalties.js";
import { uniformAt } from "./random.js";
import { type Candidate, drawToken, rank, type SamplingOptions } from "./sampler.js";

/** A token and its natural-log probability under the raw logits (before penalties, truncation and temperature). */
export interface TokenLogprob {
  readonly token: number;
  readonly logprob: number;
}

export interface ChosenToken {
  readonly token: number;
  /** The chosen token's own log probability; undefined unless asked for. */
  readonly logprob?: number;
  /** The most probable tokens, best first. */
  readonly topLogprobs?: readonly TokenLogprob[];
}

export interface TokenChooserOptions {
  readonly sampling: SamplingOptions;
  readonly prompt: Uint32Array;
  /** What `repeatLastN: -1` stands for. */
  readonly contextTokens: number;
  readonly vocabularySize: number;
  readonly grammar?: OutputGrammar | undefined;
  /** 0 to 20 alternatives per token; undefined: no log probabilities. */
  readonly topLogprobs?: number | undefined;
}

/**
 * Chooses one sequence's tokens in order. Asks the decoder for no more logits than the choice depends on: one token
 * when greedy, `topK` when sampling, `topK` plus the penalty window when penalising, everything only without `topK`.
 *
 * A grammar is applied as llama.cpp does: the unconstrained choice stands if the grammar admits it; else the choice is
 * made again, with the same random number, among the tokens that it admits.
 */
export class TokenChooser {
  readonly #options: TokenChooserOptions;
  readonly #penalties: Penalties | undefined;
  readonly #candidateCount: number;

  constructor(options: TokenChooserOptions) {
    this.#options = options;
    const { sampling, contextTokens, prompt, vocabularySize } = options;
    const windowTokens = sampling.repeatLastN < 0 ? contextTokens : sampling.repeatLastN;
    if (Penalties.areActive(sampling)) this.#penalties = new Penalties(sampling, windowTokens, prompt);
    const kept = sampling.temperature <= 0 ? 1 : sampling.topK > 0 ? sampling.topK : vocabularySize;
    this.#candidateCount = Math.min(kept, vocabularySize);
  }

  /**
   * The token for `position` of the sequence, which the next call takes as given. Throws `internal` if the grammar
   * admits none.
   */
  async choose(reader: LogitReader, position: number): Promise<ChosenToken> {
    const { grammar } = this.#options;
    const free = await this.#chooseFreely(reader, position);
    const chosen =
      grammar === undefined || grammar.admits(free.token)
        ? free
        : await this.#chooseAdmitted(reader, position, free);
    grammar?.advance(chosen.token);
    this.#penalties?.push(chosen.token);
    return chosen;
  }

  async #chooseFreely(reader: LogitReader, position: number): Promise<ChosenToken> {
    const { sampling, topLogprobs } = this.#options;
    const needsLogits =
      sampling.temperature > 0 || this.#penalties !== undefined || topLogprobs !== undefined;
    if (!needsLogits) return { token: await reader.best() };
    const count = Math.max(this.#rawCandidates(), topLogprobs ?? 0);
    const logits = await reader.top(count, topLogprobs !== undefined);
    const candidates = rank(logits.ranked);
    return this.#withLogprobs(this.#draw(candidates, position), candidates, logits);
  }

  async #chooseAdmitted(reader: LogitReader, position: number, free: ChosenToken): Promise<ChosenToken> {
    const { grammar, topLogprobs } = this.#options;
    const admitted =
      grammar === undefined ? [] : rank(await grammar.topAdmitted(reader, this.#rawCandidates()));
    if (admitted.length === 0)
      throw new FlockError("internal", "the model cannot continue in the requested format");
    const token = this.#draw(admitted, position);
    if (topLogprobs === undefined) return { token };
    const logits = await reader.top(Math.max(1, topLogprobs), true);
    const chosen = this.#withLogprobs(token, [...rank(logits.ranked), ...admitted], logits);
    return { ...chosen, topLogprobs: free.topLogprobs ?? [] };
  }

  #rawCandidates(): number {
    const { vocabularySize } = this.#options;
    const count = this.#penalties?.rawCandidatesFor(this.#candidateCount) ?? this.#candidateCount;
    return Math.min(count, vocabularySize);
  }

  #draw(candidates: readonly Candidate[], position: number): number {
    const { sampling } = this.#options;
    const penalised = this.#penalties?.apply(candidates) ?? candidates;
    return drawToken(penalised, sampling, () => uniformAt(sampling.seed, position));
  }

  /** `known` holds the chosen token and begins with the best of all. */
  #withLogprobs(token: number, known: readonly Candidate[], { totalWeight }: RankedLogits): ChosenToken {
    const { topLogprobs } = this.#options;
    const [first] = known;
    if (topLogprobs === undefined || totalWeight === undefined || first === undefined) return { token };
    const normaliser = first.logit + Math.log(totalWeight);
    const logprobOf = (candidate: Candidate | undefined) =>
      candidate === undefined ? Number.NEGATIVE_INFINITY : Math.min(0, candidate.logit - normaliser);
    return {
      token,
      logprob: logprobOf(known.find((candidate) => candidate.token === token)),
      topLogprobs: known
        .slice(0, topLogprobs)
        .map((candidate) => ({ token: candidate.token, logprob: logprobOf(candidate) })),
    };
  }
}
