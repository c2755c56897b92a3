import { FlockError } from "@flock/errors";
import type { FastifyReply } from "fastify";
import type { Inference } from "../inference.js";
import { Fields, type JsonObject } from "./fields.js";
import { asksToUnload } from "./keep-alive.js";
import { EMBED_NAMES, EMBEDDINGS_NAMES, type NameErrors, readModelName } from "./model-name.js";
import { readOptions } from "./options.js";
import { servedModel } from "./replies.js";
import { abortOnDisconnect } from "./response-stream.js";

/** POST /api/embed: one unit vector per input, in input order. */
export async function answerEmbed(
  inference: Inference,
  body: JsonObject,
  reply: FastifyReply,
): Promise<object> {
  const startedAt = performance.now();
  const fields = new Fields(body);
  const { model, contextTokens } = readCommon(fields, inference, EMBED_NAMES);
  const inputs = readInputs(fields.raw("input"));
  const mayTruncate = fields.boolean("truncate") ?? true;
  const dimensions = fields.wholeNumber("dimensions") ?? 0;
  const signal = abortOnDisconnect(reply);
  if (inputs.length === 0) return { model, embeddings: [] };
  const embeddings: number[][] = [];
  let promptTokens = 0;
  for (const input of inputs) {
    const embedding = await inference.embedder.embed(input, { contextTokens, mayTruncate }, signal);
    // As in Ollama: nothing, less than nothing and more than there are mean all of them.
    embeddings.push(normalise(dimensions > 0 ? embedding.vector.slice(0, dimensions) : embedding.vector));
    promptTokens += embedding.promptTokens;
  }
  return {
    model,
    embeddings,
    total_duration: Math.max(1, Math.round((performance.now() - startedAt) * 1e6)),
    load_duration: 0,
    prompt_eval_count: promptTokens,
  };
}

/** POST /api/embeddings, the older endpoint: one vector, not normalised, as in Ollama. */
export async function answerEmbeddings(
  inference: Inference,
  body: JsonObject,
  reply: FastifyReply,
): Promise<object> {
  const fields = new Fields(body);
  const { contextTokens } = readCommon(fields, inference, EMBEDDINGS_NAMES);
  const prompt = fields.string("prompt") ?? "";
  if (prompt === "") return { embedding: [] };
  const limits = { contextTokens, mayTruncate: true };
  const { vector } = await inference.embedder.embed(prompt, limits, abortOnDisconnect(reply));
  return { embedding: vector };
}

/** What both endpoints take, `keep_alive` only to be well formed. */
function readCommon(fields: Fields, inference: Inference, names: NameErrors) {
  const model = readModelName(fields, servedModel(inference), names);
  asksToUnload(fields.raw("keep_alive"));
  const { contextTokens } = readOptions(fields.object("options"), inference.contextTokens);
  return { model, contextTokens };
}

/** A text alone may be empty, and gives no vector; one of several may not. */
function readInputs(value: unknown): readonly string[] {
  if (value === undefined || value === "") return [];
  const inputs = Array.isArray(value) ? value : [value];
  if (!inputs.every((input) => typeof input === "string")) {
    throw new FlockError("invalid_argument", "invalid input type");
  }
  if (inputs.includes("")) {
    const message = "input exceeds maximum context length and cannot be truncated further";
    throw new FlockError("invalid_argument", message);
  }
  return inputs;
}

/** The vector divided by its Euclidean length. Throws `internal` if that is 0 or not a number. */
function normalise(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  if (!(length > 0 && length < Infinity))
    throw new FlockError("internal", "the model gave a vector without direction");
  return vector.map((value) => value / length);
}
