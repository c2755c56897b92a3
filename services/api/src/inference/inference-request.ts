import type { CatalogueEntry, Operation } from "@flock/proto";
import type { JsonObject } from "../json-object.js";

/** Ollama's `options`, validated: only known names, numbers finite, what belongs to a worker's owner left out. */
export type ModelOptions = Readonly<Record<string, number | boolean | readonly string[]>>;

/**
 * What a client asks of a model, whatever dialect it came in: members of Ollama's own request body, validated. Every
 * dialect is translated into this, and nothing behind it knows of dialects.
 */
export interface InferenceRequest {
  readonly operation: Operation;
  readonly entry: CatalogueEntry;
  /** The members that the model reads (`prompt`, `messages`, `tools`, `format`, …); their size bounds the prompt. */
  readonly prompt: JsonObject;
  /** How many prompts that are: 1, and with embeddings one per input. */
  readonly prompts: number;
  /** The members that say how (`think`, `truncate`, `logprobs`, …). */
  readonly settings: JsonObject;
  readonly options: ModelOptions;
  /** See JobSpec.resume. */
  readonly resume: "continue" | "replay";
  /** Whether the client reads piece by piece. */
  readonly isStreamed: boolean;
}
