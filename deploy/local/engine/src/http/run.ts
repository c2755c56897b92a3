import type { FastifyReply } from "fastify";
import type { GeneratedChunk, GenerationResult } from "../generation/generation.js";
import type { Prompt } from "../generation/prompt.js";
import type { Inference } from "../inference.js";
import type { ChosenToken } from "../sampling/token-chooser.js";
import type { RunRequest } from "./requests.js";
import { abortOnDisconnect, ResponseStream } from "./response-stream.js";

/** Where an endpoint puts its text: `{response}` or `{message: {role, content}}`. */
export type WrapText = (text: string) => object;

/**
 * Generates and answers, streamed or in one object. Every line carries `prompt_eval_count` and `eval_count` so far,
 * which Ollama sends in the last one only: so a client that loses the connection knows the count for the text it has.
 * Returns the object to send, or undefined when the response has been streamed.
 */
export async function run(
  inference: Inference,
  request: RunRequest,
  prompt: Prompt,
  wrap: WrapText,
  reply: FastifyReply,
): Promise<object | undefined> {
  const startedAt = performance.now();
  const { options, format, formatBegun, topLogprobs, model } = request;
  const signal = abortOnDisconnect(reply);
  const generationOptions = {
    prompt: prompt.tokens,
    contextTokens: options.contextTokens,
    predictTokensMax: options.predictTokensMax,
    stop: options.stop,
    sampling: options.sampling,
    grammar: format === undefined ? undefined : await inference.grammarFor(format, formatBegun),
    topLogprobs,
  };
  const logprobsOf = (chunk: GeneratedChunk) =>
    topLogprobs === undefined ? undefined : chunk.tokens.map((token) => toLogprob(inference, token));
  const lastLine = (result: GenerationResult, text: string) => ({
    model,
    created_at: new Date().toISOString(),
    ...wrap(text),
    done: true,
    ...metrics(result, startedAt),
  });
  if (!request.isStreamed) {
    const chunks: GeneratedChunk[] = [];
    const result = await inference.generate(generationOptions, (chunk) => chunks.push(chunk), signal);
    const text = chunks.map((chunk) => chunk.text).join("");
    const logprobs =
      topLogprobs === undefined ? undefined : chunks.flatMap((chunk) => logprobsOf(chunk) ?? []);
    return { ...lastLine(result, text), logprobs };
  }
  const stream = new ResponseStream(reply);
  const deliver = (chunk: GeneratedChunk) =>
    stream.write({
      model,
      created_at: new Date().toISOString(),
      ...wrap(chunk.text),
      done: false,
      prompt_eval_count: prompt.tokens.length,
      eval_count: chunk.evalCount,
      logprobs: logprobsOf(chunk),
    });
  try {
    stream.end(lastLine(await inference.generate(generationOptions, deliver, signal), ""));
  } catch (error) {
    if (!stream.isStarted) throw error;
    stream.fail(error);
  }
  return undefined;
}

function metrics(result: GenerationResult, startedAt: number): object {
  return {
    done_reason: result.doneReason,
    total_duration: Math.max(1, Math.round((performance.now() - startedAt) * 1e6)),
    load_duration: 0,
    prompt_eval_count: result.promptEvalCount,
    prompt_eval_duration: result.promptEvalNs,
    eval_count: result.evalCount,
    eval_duration: result.evalNs,
  };
}

/** Ollama's element; `bytes` are those of `token` as text, so a token inside a character is not told from another. */
function toLogprob(inference: Inference, chosen: ChosenToken): object {
  const element = (token: number, logprob: number) => {
    const text = inference.vocabulary.text(token);
    return { token: text, logprob, bytes: [...Buffer.from(text)] };
  };
  return {
    ...element(chosen.token, chosen.logprob ?? Number.NEGATIVE_INFINITY),
    ...(chosen.topLogprobs === undefined || chosen.topLogprobs.length === 0
      ? {}
      : { top_logprobs: chosen.topLogprobs.map(({ token, logprob }) => element(token, logprob)) }),
  };
}
