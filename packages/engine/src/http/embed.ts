import { FlockError } from "@flock/errors";
import type { FastifyReply } from "fastify";
import type { Inference } from "../inference.js";
import { Fields, type JsonObject } from "./fields.js";
import { asksToUnload } from "./keep-alive.js";
import { readOptions } from "./options.js";
import { servedModel } from "./replies.js";
import { readModelName } from "./requests.js";
import { abortOnDisconnect } from "./response-stream.js";

/** POST /api/embed: one unit vector per input, in input order. */
export async function answerEmbed(
  inference: Inference,
  body: JsonObject,
  reply: FastifyReply,
): Promise<object> {
  const startedAt = performance.now();
  const fields = new Fields(body);
  const model = readModelName(fields, servedModel(inference));
  checkIgnored(fields, inference);
  const inputs = readInputs(fields.raw("input"));
  const mayTruncate = fields.boolean("truncate") ?? true;
  const dimensions = fields.integer("dimensions") ?? 0;
  if (dimensions < 0) throw new FlockError("invalid_argument", '"dimensions" must not be negative');
  const signal = abortOnDisconnect(reply);
  const embeddings: number[][] = [];
  let promptTokens = 0;
  for (const input of inputs) {
    const embedding = await inference.embedder.embed(input, mayTruncate, signal);
    embeddings.push(normalise(dimensions === 0 ? embedding.vector : embedding.vector.slice(0, dimensions)));
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
  readModelName(fields, servedModel(inference));
  checkIgnored(fields, inference);
  const prompt = fields.string("prompt") ?? "";
  if (prompt === "") return { embedding: [] };
  const { vector } = await inference.embedder.embed(prompt, true, abortOnDisconnect(reply));
  return { embedding: vector };
}

/** Fields that change nothing here but must not be malformed. */
function checkIgnored(fields: Fields, inference: Inference): void {
  asksToUnload(fields.raw("keep_alive"));
  readOptions(fields.object("options"), inference.contextTokens);
}

function readInputs(value: unknown): readonly string[] {
  if (value === undefined || value === "") return [];
  const inputs = Array.isArray(value) ? value : [value];
  if (!inputs.every((input) => typeof input === "string")) {
    throw new FlockError("invalid_argument", "invalid input type");
  }
  return inputs;
}

/** The vector divided by its Euclidean length; a zero vector stays as it is. */
function normalise(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => (length === 0 ? value : value / length));
}
