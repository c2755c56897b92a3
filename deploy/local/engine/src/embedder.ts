import { FlockError } from "@flock/errors";
import type { LlamaEmbeddingContext, LlamaModel, Token } from "node-llama-cpp";
import { withinReach } from "./generation/prompt.js";

export interface Embedding {
  /** As the model gives it, not normalised. */
  readonly vector: readonly number[];
  readonly promptTokens: number;
}

export interface EmbedderOptions {
  readonly contextTokens: number;
  readonly threads: number;
  /** Inputs that may wait before {@link Embedder.embed} refuses. */
  readonly queueMax: number;
}

export interface EmbeddingLimits {
  /** At most the embedder's. */
  readonly contextTokens: number;
  /** Whether a longer text is cut at its end. */
  readonly mayTruncate: boolean;
}

/** Embeds texts, one at a time, in a context of its own that is created at the first use. */
export class Embedder {
  readonly #model: LlamaModel;
  readonly #options: EmbedderOptions;
  #context: Promise<LlamaEmbeddingContext> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(model: LlamaModel, options: EmbedderOptions) {
    this.#model = model;
    this.#options = options;
  }

  /**
   * Throws `invalid_argument` for a text longer than the context unless it may be cut at its end, `unavailable` when
   * too many wait, `cancelled` when `signal` aborts before its turn.
   */
  async embed(text: string, limits: EmbeddingLimits, signal: AbortSignal): Promise<Embedding> {
    const tokens = this.#tokens(text, limits);
    if (this.#waiting >= this.#options.queueMax) {
      throw new FlockError("unavailable", "server busy, please try again");
    }
    this.#waiting++;
    const turn = this.#tail.then(async () => {
      if (signal.aborted) throw new FlockError("cancelled", "the request was cancelled");
      this.#context ??= this.#model.createEmbeddingContext({
        contextSize: this.#options.contextTokens,
        threads: this.#options.threads,
      });
      const context = await this.#context;
      const { vector } = await context.getEmbeddingFor([...tokens]);
      return { vector, promptTokens: context.calculateInputLength([...tokens]) };
    });
    // The caller gets the failure; the next in line only waits for the end.
    this.#tail = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#tail;
    await (await this.#context)?.dispose();
  }

  #tokens(text: string, { contextTokens, mayTruncate }: EmbeddingLimits): Token[] {
    const within = withinReach(text, contextTokens);
    const tokens = this.#model.tokenize(within, false);
    // Begin and end of text may be added, and one cell of the context is not usable.
    const room = Math.max(1, contextTokens - 3);
    if (tokens.length <= room && within.length === text.length) return tokens;
    if (!mayTruncate) throw new FlockError("invalid_argument", "the input length exceeds the context length");
    return tokens.slice(0, room);
  }
}
