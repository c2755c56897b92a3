import { FlockError } from "@flock/errors";
import type { GbnfJsonSchema, Llama, LlamaGrammar, LlamaGrammarEvaluationState } from "node-llama-cpp";
import type { NativeGrammars } from "../decode/addon.js";
import { toGrammarSchema } from "./json-schema.js";

/** What `format` asked for: any JSON object, or a value that fits a JSON Schema. */
export type OutputFormat = "json" | Readonly<Record<string, unknown>>;

/** Keeps one generation inside its format. */
export class OutputGrammar {
  readonly state: LlamaGrammarEvaluationState;
  readonly #grammars: NativeGrammars;
  readonly #isEndOfText: (token: number) => boolean;

  constructor(
    state: LlamaGrammarEvaluationState,
    grammars: NativeGrammars,
    isEndOfText: (token: number) => boolean,
  ) {
    this.state = state;
    this.#grammars = grammars;
    this.#isEndOfText = isEndOfText;
  }

  /** Whether `token` may come next; a token that ends the text may, once the value is complete. */
  admits(token: number): boolean {
    return this.#grammars.accepts(this.state, token);
  }

  /** Takes an admitted token. */
  advance(token: number): void {
    if (!this.#isEndOfText(token)) this.#grammars.advance(this.state, token);
  }
}

/**
 * How node-llama-cpp ends a schema's root rule: blank lines for its own stop detection, which are no part of the value.
 */
const BLANK_LINES_AT_END = ' "\\n\\n\\n\\n" [\\n]*';

/** The grammar for a format. Throws `invalid_argument` for a schema with keywords that cannot be guaranteed. */
export async function compileFormat(llama: Llama, format: OutputFormat): Promise<LlamaGrammar> {
  if (format === "json") return llama.getGrammarFor("json");
  const schema = toGrammarSchema(format);
  try {
    const { grammar } = await llama.createGrammarForJsonSchema<GbnfJsonSchema>(schema);
    const [root = "", ...rules] = grammar.split("\n");
    if (!root.endsWith(BLANK_LINES_AT_END)) throw new Error(`unexpected root rule: ${root}`);
    return await llama.createGrammar({
      grammar: [root.slice(0, -BLANK_LINES_AT_END.length), ...rules].join("\n"),
    });
  } catch (error) {
    throw new FlockError("invalid_argument", "format: the JSON schema is too complex for this engine", {
      cause: error,
    });
  }
}
