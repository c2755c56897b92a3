import { FlockError } from "@flock/errors";
import type { Llama, LlamaGrammar, LlamaGrammarEvaluationState } from "node-llama-cpp";
import type { NativeGrammars } from "../decode/addon.js";
import type { LogitReader } from "../decode/logit-reader.js";
import { grammarOfSchema } from "../grammar/json-schema.js";

/** What `format` asked for: any JSON object, or a value that fits a JSON Schema. */
export type OutputFormat = "json" | Readonly<Record<string, unknown>>;

/**
 * The longest that llama.cpp may take over a grammar for one token. It follows all ways through a grammar at once, and
 * a schema can be made so that every token doubles them: such a generation must end before the next token takes
 * minutes.
 */
const STEP_MS_MAX = 1000;

/** Keeps one generation inside its format. Every method throws `invalid_argument` once the grammar takes too long. */
export class OutputGrammar {
  readonly state: LlamaGrammarEvaluationState;
  readonly #grammars: NativeGrammars;
  readonly #isEndOfText: (token: number) => boolean;
  readonly #now: () => number;

  /** `now` tells milliseconds. */
  constructor(
    state: LlamaGrammarEvaluationState,
    grammars: NativeGrammars,
    isEndOfText: (token: number) => boolean,
    now = () => performance.now(),
  ) {
    this.state = state;
    this.#grammars = grammars;
    this.#isEndOfText = isEndOfText;
    this.#now = now;
  }

  /** Whether `token` may come next; a token that ends the text may, once the value is complete. */
  admits(token: number): boolean {
    const startedAt = this.#now();
    const isAdmitted = this.#grammars.accepts(this.state, token);
    this.#checkTime(startedAt);
    return isAdmitted;
  }

  /** The `count` best tokens that may come next, as {@link LogitReader.topAdmitted}. */
  async topAdmitted(reader: Pick<LogitReader, "topAdmitted">, count: number): Promise<readonly number[]> {
    const startedAt = this.#now();
    const admitted = await reader.topAdmitted(count, this.state);
    this.#checkTime(startedAt);
    return admitted;
  }

  /** Takes an admitted token. */
  advance(token: number): void {
    if (this.#isEndOfText(token)) return;
    const startedAt = this.#now();
    this.#grammars.advance(this.state, token);
    this.#checkTime(startedAt);
  }

  /**
   * Takes up an output that was begun elsewhere: `tokens` are its text. Throws `invalid_argument` if it is not inside
   * the format.
   */
  begin(tokens: readonly number[]): void {
    for (const token of tokens) {
      if (!this.admits(token))
        throw new FlockError("invalid_argument", "_format_begun: the text does not fit the format");
      this.advance(token);
    }
  }

  #checkTime(startedAt: number): void {
    if (this.#now() - startedAt <= STEP_MS_MAX) return;
    throw new FlockError("invalid_argument", "format: the JSON schema can be fitted in too many ways");
  }
}

/** The grammar for a format. Throws `invalid_argument` for a schema with keywords that cannot be guaranteed. */
export async function compileFormat(llama: Llama, format: OutputFormat): Promise<LlamaGrammar> {
  const grammar = grammarOfSchema(format === "json" ? { type: "object" } : format);
  try {
    return await llama.createGrammar({ grammar });
  } catch (cause) {
    throw new FlockError("invalid_argument", "format: the JSON schema is too complex for this engine", {
      cause,
    });
  }
}
