import { FlockError } from "@flock/errors";
import type { GrantedJob, JobRunner, Piece, RunResult } from "@flock/jobs";
import type { ModelProfile } from "./model-profile.js";
import { httpAccess, type OllamaAccess } from "./ollama-access.js";
import { ollamaClient } from "./ollama-client.js";
import { translateOllamaError } from "./ollama-errors.js";
import { endpointOf, requestBody } from "./request-body.js";
import { readLine } from "./stream-line.js";
import { runText } from "./text-run.js";

/** Runs jobs on an Ollama: always streaming, so that a job can be followed, resumed and cancelled at every token. */
export class OllamaRunner implements JobRunner {
  readonly #ollama: OllamaAccess;
  readonly #profileOf: (model: string) => ModelProfile;

  /** @param ollama The address of an Ollama, or another way to it. */
  constructor(ollama: string | OllamaAccess, profileOf: (model: string) => ModelProfile) {
    this.#ollama = typeof ollama === "string" ? httpAccess(ollama) : ollama;
    this.#profileOf = profileOf;
  }

  async run(job: GrantedJob, emit: (piece: Piece) => void, signal: AbortSignal): Promise<RunResult> {
    const endpoint = endpointOf(job.operation);
    if (endpoint === undefined)
      throw new FlockError("unavailable", `this worker does not know operation ${job.operation}`);
    const profile = this.#profileOf(job.model);
    const body = requestBody(endpoint, job.model, job.request, profile.contextLength);
    try {
      if (endpoint === "embed") return await this.#embed(body, emit, signal);
      const { resume } = job;
      return await runText({ ollama: this.#ollama, endpoint, body, resume, profile, emit, signal });
    } catch (thrown) {
      throw translateOllamaError(thrown, signal);
    }
  }

  async #embed(
    body: Record<string, unknown>,
    emit: (piece: Piece) => void,
    signal: AbortSignal,
  ): Promise<RunResult> {
    // CAST: the body was put together from untyped JSON; Ollama validates it.
    const answer = await ollamaClient(this.#ollama, signal).embed(body as never);
    if (!areVectors(answer.embeddings, body.input))
      throw new FlockError("unavailable", "Ollama answered with vectors that are none");
    const { prompt_eval_count: promptTokens = 0, load_duration: loadDurationNs = 0 } = readLine(answer);
    emit({
      tokens: 0,
      promptTokens,
      embeddingsJson: new TextEncoder().encode(JSON.stringify(answer.embeddings)),
    });
    return {
      doneReason: "stop",
      promptTokens,
      completionTokens: 0,
      loadDurationNs,
      promptEvalDurationNs: 0,
      evalDurationNs: 0,
    };
  }
}

/** One vector for each input, none of them empty. What is in them the requester checks. */
function areVectors(vectors: unknown, input: unknown): boolean {
  const count = Array.isArray(input) ? input.length : 1;
  return (
    Array.isArray(vectors) &&
    vectors.length === count &&
    vectors.every((vector) => Array.isArray(vector) && vector.length > 0)
  );
}
