import { FLOCK_TINY_FILE } from "@flock/engine";
import {
  getLlama,
  type Llama,
  type LlamaContext,
  LlamaGrammarEvaluationState,
  LlamaLogLevel,
  type LlamaModel,
} from "node-llama-cpp";
import { type Addon, openAddon } from "../src/decode/addon.js";
import { grammarOfSchema } from "../src/grammar/json-schema.js";

/** Asks llama.cpp itself which texts a schema's grammar accepts. */
export class GrammarJudge {
  readonly #llama: Llama;
  readonly #model: LlamaModel;
  readonly #context: LlamaContext;
  readonly #addon: Addon;

  private constructor(llama: Llama, model: LlamaModel, context: LlamaContext) {
    this.#llama = llama;
    this.#model = model;
    this.#context = context;
    this.#addon = openAddon(context);
  }

  static async open(): Promise<GrammarJudge> {
    const llama = await getLlama({
      gpu: false,
      build: "never",
      skipDownload: true,
      logLevel: LlamaLogLevel.disabled,
    });
    const model = await llama.loadModel({ modelPath: FLOCK_TINY_FILE });
    return new GrammarJudge(llama, model, await model.createContext({ contextSize: 64 }));
  }

  async close(): Promise<void> {
    await this.#context.dispose();
    await this.#model.dispose();
    await this.#llama.dispose();
  }

  /** Whether a text is, whole, what a schema's grammar allows. */
  async accepting(schema: Record<string, unknown>): Promise<(text: string) => boolean> {
    const grammar = await this.#llama.createGrammar({ grammar: grammarOfSchema(schema) });
    const { grammars } = this.#addon;
    const end = this.#model.tokens.eos ?? 0;
    return (text) => {
      const state = new LlamaGrammarEvaluationState({ model: this.#model, grammar });
      for (const token of this.#model.tokenize(text, false)) {
        if (!grammars.accepts(state, token)) return false;
        grammars.advance(state, token);
      }
      return grammars.accepts(state, end);
    };
  }
}
