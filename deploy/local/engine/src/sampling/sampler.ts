/**
 * @file The rule by which the engine chooses a token, written out so that anyone can repeat it.
 *
 * From the raw logits of all tokens, in this order (llama.cpp's and so Ollama's default order, without the samplers
 * that Ollama leaves off):
 * 1. penalties on tokens among the last `repeatLastN` of the sequence, prompt included (`penalties.ts`);
 * 2. `topK`: the k highest logits stay (0 or less: all). Equal logits rank by token id, lowest first;
 * 3. `topP`: of the softmax over what is left, the shortest list from the top whose probabilities reach p;
 * 4. `minP`: those with at least minP times the probability of the first;
 * 5. `temperature`: logits are divided by it, softmax again;
 * 6. the draw: the first token at which the running sum of probabilities exceeds `uniformAt(seed, position)`.
 *
 * At temperature 0 or less the first token after step 1 is taken. At least one token survives every step.
 *
 * All arithmetic is IEEE double on the engine's single-precision logits. Example: logits a = ln 4, b = ln 2, c = ln 2,
 * d = ln 1 and topK 3, topP 0.7, minP 0, temperature 1: a, b, c have 1/2, 1/4, 1/4; a and b reach 0.75 ≥ 0.7; they are
 * drawn with 2/3 and 1/3.
 */

/** A token and its logit, raw or penalised. */
export interface Candidate {
  readonly token: number;
  readonly logit: number;
}

export interface SamplingOptions {
  /** Default 0.8; 0 or less: greedy. */
  readonly temperature: number;
  /** Default 40; 0 or less: no limit. */
  readonly topK: number;
  /** Default 0.9; 1 or more: no limit. */
  readonly topP: number;
  /** Default 0: no limit. */
  readonly minP: number;
  /** Default 1: off. Above 1 discourages repetition. Greater than 0. */
  readonly repeatPenalty: number;
  /** How many of the last tokens the penalties look at. Default 64; 0: none; -1: the whole context. */
  readonly repeatLastN: number;
  /** Default 0. Subtracted once from the logit of every token that occurred. */
  readonly presencePenalty: number;
  /** Default 0. Subtracted per occurrence. */
  readonly frequencyPenalty: number;
  /** A safe integer. */
  readonly seed: number;
}

/**
 * Highest logit first, lowest token id first among equals: step 2's order. Takes the pairs as `LogitReader` gives them.
 */
export function rank(pairs: readonly number[]): Candidate[] {
  const candidates: Candidate[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    candidates.push({ token: pairs[i] as number, logit: pairs[i + 1] as number });
  }
  return rankCandidates(candidates);
}

/** {@link rank} for candidates; sorts in place. */
export function rankCandidates(candidates: Candidate[]): Candidate[] {
  return candidates.sort((a, b) => b.logit - a.logit || a.token - b.token);
}

/**
 * Steps 2 to 6 on ranked, penalised candidates (at least one; all that `topK` could keep). `uniform` is asked only when
 * there is a draw.
 */
export function drawToken(
  ranked: readonly Candidate[],
  options: SamplingOptions,
  uniform: () => number,
): number {
  const [first] = ranked;
  if (first === undefined) throw new RangeError("no candidates");
  if (options.temperature <= 0) return first.token;
  const kept = truncate(ranked, first.logit, options);
  const weights = kept.map(({ logit }) => Math.exp((logit - first.logit) / options.temperature));
  const target = uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  let running = 0;
  for (const [index, weight] of weights.entries()) {
    running += weight;
    if (running > target) return (kept[index] as Candidate).token;
  }
  // Rounding can leave the running sum a hair below the target: the last token's share.
  return (kept.at(-1) as Candidate).token;
}

/** Steps 2 to 4: how long a list from the top survives. Probabilities are relative to the first's. */
function truncate(
  ranked: readonly Candidate[],
  firstLogit: number,
  options: SamplingOptions,
): readonly Candidate[] {
  const limit = options.topK > 0 ? Math.min(options.topK, ranked.length) : ranked.length;
  const relative: number[] = [];
  for (let i = 0; i < limit; i++) relative.push(Math.exp((ranked[i] as Candidate).logit - firstLogit));
  const needed = options.topP * relative.reduce((sum, probability) => sum + probability, 0);
  let running = 0;
  let count = 0;
  for (const probability of relative) {
    if (count > 0 && ((options.topP < 1 && running >= needed) || probability < options.minP)) break;
    running += probability;
    count++;
  }
  return ranked.slice(0, count);
}
