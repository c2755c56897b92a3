import { FlockError } from "@flock/errors";
import type { GrantedJob, JobRunner, Piece, RunResult } from "@flock/mesh";
import type { Ollama } from "ollama/browser";
import { continuationOf } from "./continuation.js";
import { ollamaClient, translateOllamaError } from "./ollama-client.js";
import { endpointOf, requestBody } from "./request-body.js";
import { pieceOf, type StreamLine, TokenCounter } from "./stream-line.js";

/** More text than any model's answer; an Ollama that sends more is broken. */
const OUTPUT_CHARACTERS_MAX = 16 * 1024 * 1024;

/** Runs jobs on an Ollama: always streaming, so that a job can be followed, resumed and cancelled at every token. */
export class OllamaRunner implements JobRunner {
  readonly #host: string;

  constructor(host: string) {
    this.#host = host;
  }

  async run(job: GrantedJob, emit: (piece: Piece) => void, signal: AbortSignal): Promise<RunResult> {
    const endpoint = endpointOf(job.operation);
    if (endpoint === undefined)
      throw new FlockError("unavailable", `this worker does not know operation ${job.operation}`);
    const failure = new AbortController();
    const client = ollamaClient(this.#host, AbortSignal.any([signal, failure.signal]));
    const body = requestBody(endpoint, job.model, job.request);
    try {
      if (endpoint === "embed") return await embed(client, body, emit);
      if (job.resume === undefined) return await stream(client, endpoint, body, emit, (count) => count);
      const { deliveredTokens, promptTokens } = job.resume;
      const continuation = await continuationOf(client, endpoint, body, job.resume);
      // The delivered text counts as prompt for this Ollama, but not for the job.
      const firstPromptTokens = (count: number): number =>
        promptTokens || Math.max(0, count - deliveredTokens);
      return await stream(client, continuation.endpoint, continuation.body, emit, firstPromptTokens);
    } catch (thrown) {
      failure.abort(); // Whatever we refuse to read on, Ollama must not go on to generate.
      throw translateOllamaError(thrown, signal);
    }
  }
}

async function stream(
  client: Ollama,
  endpoint: "generate" | "chat",
  body: Record<string, unknown>,
  emit: (piece: Piece) => void,
  firstPromptTokens: (promptEvalCount: number) => number,
): Promise<RunResult> {
  const request = { ...body, stream: true };
  // CAST: the body was put together from untyped JSON; Ollama validates it.
  const lines = (await (endpoint === "chat"
    ? client.chat(request as never)
    : client.generate(request as never))) as unknown as AsyncIterable<StreamLine>;
  const counter = new TokenCounter();
  let characters = 0;
  let last: StreamLine | undefined;
  for await (const line of lines) {
    if (line.remote_host)
      throw new FlockError("unavailable", "this model is only a proxy for a hosted service");
    const piece = pieceOf(line, counter, firstPromptTokens);
    if (piece !== undefined) {
      characters += (piece.text?.length ?? 0) + (piece.thinking?.length ?? 0);
      if (characters > OUTPUT_CHARACTERS_MAX)
        throw new FlockError("unavailable", "Ollama sent more text than any answer has");
      emit(piece);
    }
    if (line.done) last = line;
  }
  // Upstream sends an empty reason when its runner died: a failed job, not a finished one.
  if (last === undefined || !last.done_reason)
    throw new FlockError("unavailable", "Ollama ended the answer without a reason");
  return {
    doneReason: last.done_reason,
    promptTokens: firstPromptTokens(last.prompt_eval_count ?? 0),
    completionTokens: last.eval_count ?? counter.counted,
    loadDurationNs: last.load_duration ?? 0,
    promptEvalDurationNs: last.prompt_eval_duration ?? 0,
    evalDurationNs: last.eval_duration ?? 0,
  };
}

async function embed(
  client: Ollama,
  body: Record<string, unknown>,
  emit: (piece: Piece) => void,
): Promise<RunResult> {
  const answer = await client.embed(body as never);
  const promptTokens = answer.prompt_eval_count ?? 0;
  emit({
    tokens: 0,
    promptTokens,
    embeddingsJson: new TextEncoder().encode(JSON.stringify(answer.embeddings)),
  });
  return {
    doneReason: "stop",
    promptTokens,
    completionTokens: 0,
    loadDurationNs: answer.load_duration ?? 0,
    promptEvalDurationNs: 0,
    evalDurationNs: 0,
  };
}
