import { type LlamaContext, LlamaGrammarEvaluationState } from "node-llama-cpp";
import { type Addon, openAddon } from "./decode/addon.js";
import { BatchDecoder } from "./decode/batch-decoder.js";
import { LogitReader } from "./decode/logit-reader.js";
import { Embedder } from "./embedder.js";
import {
  type GeneratedChunk,
  type GenerationOptions,
  type GenerationResult,
  generate,
} from "./generation/generation.js";
import type { ChatTemplate } from "./model/chat-template.js";
import type { ModelDescription } from "./model/description.js";
import { type LoadedModel, loadModel, type ModelSource } from "./model/loaded-model.js";
import type { Vocabulary } from "./model/vocabulary.js";
import { compileFormat, type OutputFormat, OutputGrammar } from "./sampling/grammar.js";

export interface InferenceOptions extends ModelSource {
  /** Generations that run side by side, sharing batches. */
  readonly sequences: number;
  /** Requests that may wait for a sequence. */
  readonly queueMax: number;
  /** Threads per batch. More than one helps only models far larger than the bundled one. */
  readonly threads: number;
}

/** Keeps the delay that a long prompt causes to running streams at about 20 ms with the bundled model. */
const BULK_TOKENS_MAX = 64;

/** One loaded model, ready to generate and embed: the engine without HTTP. */
export class Inference {
  readonly description: ModelDescription;
  readonly vocabulary: Vocabulary;
  readonly chatTemplate: ChatTemplate | undefined;
  readonly contextTokens: number;
  readonly embedder: Embedder;
  readonly #loaded: LoadedModel;
  /**
   * Held although only its native side is used: collected as garbage it would never be disposed, nor would the model.
   */
  readonly #context: LlamaContext;
  readonly #addon: Addon;
  readonly #decoder: BatchDecoder;

  private constructor(loaded: LoadedModel, context: LlamaContext, options: InferenceOptions) {
    const { model, contextTokens, vocabulary } = loaded;
    const { sequences, threads, queueMax } = options;
    this.#loaded = loaded;
    this.#context = context;
    this.#addon = openAddon(context);
    const readers = Array.from({ length: sequences }, () => new LogitReader(this.#addon, vocabulary.size));
    const bulkTokensMax = BULK_TOKENS_MAX;
    this.#decoder = new BatchDecoder(this.#addon.context, { readers, bulkTokensMax, queueMax });
    this.embedder = new Embedder(model, { contextTokens, threads, queueMax });
    this.description = loaded.description;
    this.vocabulary = vocabulary;
    this.chatTemplate = loaded.chatTemplate;
    this.contextTokens = contextTokens;
  }

  /**
   * Loads the model and evaluates some tokens, so that the first request finds everything warm. Throws as `loadModel`
   * does.
   */
  static async open(options: InferenceOptions): Promise<Inference> {
    const loaded = await loadModel(options);
    const { model, contextTokens } = loaded;
    const { sequences, threads } = options;
    const context = await model.createContext({
      sequences,
      contextSize: contextTokens,
      batchSize: Math.max(BULK_TOKENS_MAX, sequences),
      threads,
      // With a 32-bit cache and plain attention, tokens evaluated in bulk and one by one differ least: hardly ever by a
      // visible bit, against up to 0.2 per logit with the 16-bit default. It is also the fastest for the bundled model.
      flashAttention: false,
      experimentalKvCacheKeyType: "F32",
      experimentalKvCacheValueType: "F32",
    });
    const inference = new Inference(loaded, context, options);
    await inference.#warmUp();
    return inference;
  }

  /** Generations running or waiting. */
  get load(): number {
    return this.#decoder.load;
  }

  /** Waits for a sequence, then as `generate` does. Throws `unavailable` when the queue is full. */
  async generate(
    options: GenerationOptions,
    deliver: (chunk: GeneratedChunk) => void,
    signal: AbortSignal,
  ): Promise<GenerationResult> {
    const lease = await this.#decoder.acquire(signal);
    return generate(lease, this.vocabulary, options, deliver, signal);
  }

  /**
   * A grammar for one generation, fresh or behind the text `begun`. Throws `invalid_argument` for a schema that cannot
   * be guaranteed, or that the text does not fit.
   */
  async grammarFor(format: OutputFormat, begun = ""): Promise<OutputGrammar> {
    const { llama, model } = this.#loaded;
    const grammar = await compileFormat(llama, format);
    const state = new LlamaGrammarEvaluationState({ model, grammar });
    const isEndOfText = (token: number) => this.vocabulary.isEndOfText(token);
    const outputGrammar = new OutputGrammar(state, this.#addon.grammars, isEndOfText);
    if (begun !== "") outputGrammar.begin(this.vocabulary.textTokens(begun));
    return outputGrammar;
  }

  /** Ends what runs (callers get `unavailable`) and frees the model. */
  async close(): Promise<void> {
    await this.#decoder.close();
    await this.embedder.close();
    await this.#context.dispose();
    await this.#loaded.model.dispose();
    await this.#loaded.llama.dispose();
  }

  async #warmUp(): Promise<void> {
    const lease = await this.#decoder.acquire(AbortSignal.timeout(60_000));
    try {
      await lease.prefill(new Uint32Array(BULK_TOKENS_MAX));
      await lease.next(Uint32Array.of(0), (reader) => reader.best());
    } finally {
      lease.release();
    }
  }
}
