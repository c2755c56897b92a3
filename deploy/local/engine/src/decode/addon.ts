/*
 * @file The one place that reaches below node-llama-cpp's public classes, to the native context under them.
 *
 * Why: the engine chooses every token itself (see `sampling/sampler.ts`). The public API allows that only without
 * grammars, and it costs a new native sampler and six promise hops per token. The package is pinned to an exact
 * version, {@link openAddon} checks that everything used is there, and nothing else in the engine knows of it.
 */
import { FlockError } from "@flock/errors";
import type { LlamaContext, LlamaGrammarEvaluationState } from "node-llama-cpp";

/** llama.cpp's sampler chain; here only a means to read the best logits. Not safe for two reads at once. */
export interface NativeSampler {
  applyConfig(config: {
    temperature: number;
    topK?: number;
    topP?: number;
    seed?: number;
    grammarEvaluationState?: unknown;
  }): void;
  dispose(): void;
}

/** `[tokens, includeMax, includeMin, includeSelected, includeTop]`, or false for none. */
type LogitFilter =
  | false
  | readonly [tokens: readonly number[], max: boolean, min: boolean, selected: boolean, top: number];

/** What a read with a filter returns: `logits` alternates token id and logit, best first. */
export type NativeSample = readonly [
  token: number,
  probabilities: undefined,
  confidence: undefined,
  logits: readonly number[] | undefined,
  totalLogitWeight: number | undefined,
];

/** A batch of tokens is filled, decoded off the event loop, and its logits read. No call may overlap `decodeBatch`. */
export interface NativeContext {
  initBatch(tokenCount: number): void;
  /** Returns the batch indexes of the tokens at `logitIndexes`, to read their logits after decoding. */
  addToBatch(
    sequence: number,
    firstPosition: number,
    tokens: Uint32Array,
    logitIndexes: Uint32Array,
  ): Uint32Array;
  decodeBatch(): Promise<void>;
  sampleToken(batchIndex: number, sampler: NativeSampler): Promise<number>;
  sampleToken(
    batchIndex: number,
    sampler: NativeSampler,
    probabilities: false,
    confidence: false,
    logits: LogitFilter,
    totalLogitWeight: boolean,
  ): Promise<NativeSample>;
  /** Forgets a sequence's history. */
  disposeSequence(sequence: number): void;
}

/** Asks and advances a grammar by single tokens. */
export interface NativeGrammars {
  accepts(state: LlamaGrammarEvaluationState, token: number): boolean;
  advance(state: LlamaGrammarEvaluationState, token: number): void;
  /** The handle that a {@link NativeSampler} takes as `grammarEvaluationState`; reading with it advances `state`. */
  handle(state: LlamaGrammarEvaluationState): unknown;
}

export interface Addon {
  readonly context: NativeContext;
  readonly grammars: NativeGrammars;
  createSampler(): NativeSampler;
}

interface SamplerClass {
  new (model: unknown): NativeSampler;
  canBeNextTokenForGrammarEvaluationState(state: unknown, token: number): boolean;
  acceptGrammarEvaluationStateToken(state: unknown, token: number): void;
}

interface Internals {
  _ctx?: NativeContext;
  _model?: { _model?: unknown };
  _llama?: { _bindings?: { AddonSampler?: SamplerClass } };
}

const CONTEXT_METHODS = ["initBatch", "addToBatch", "decodeBatch", "sampleToken", "disposeSequence"] as const;

/**
 * The native side of `context`. Throws `internal` if the installed node-llama-cpp has another inside than the pinned
 * one.
 */
export function openAddon(context: LlamaContext): Addon {
  // CAST: these members exist in the pinned version but are left out of its published types.
  const { _ctx, _model, _llama } = context as unknown as Internals;
  const Sampler = _llama?._bindings?.AddonSampler;
  const isComplete =
    _ctx !== undefined &&
    CONTEXT_METHODS.every((method) => typeof _ctx[method] === "function") &&
    _model?._model !== undefined &&
    typeof Sampler?.canBeNextTokenForGrammarEvaluationState === "function" &&
    typeof Sampler.acceptGrammarEvaluationStateToken === "function";
  if (!isComplete || _ctx === undefined || Sampler === undefined) {
    throw new FlockError(
      "internal",
      "the installed node-llama-cpp is not the version that this engine was built for",
    );
  }
  const nativeModel = _model?._model;
  // CAST: as above; the grammar's native handle.
  const handle = (state: LlamaGrammarEvaluationState) => (state as unknown as { _state: unknown })._state;
  return {
    context: _ctx,
    createSampler: () => new Sampler(nativeModel),
    grammars: {
      handle,
      accepts: (state, token) => Sampler.canBeNextTokenForGrammarEvaluationState(handle(state), token),
      advance: (state, token) => Sampler.acceptGrammarEvaluationStateToken(handle(state), token),
    },
  };
}
