import type { FastifyReply } from "fastify";
import { type Prompt, textPrompt } from "../generation/prompt.js";
import type { Inference } from "../inference.js";
import type { ChatMessage } from "../model/chat-template.js";
import type { JsonObject } from "./fields.js";
import { loadedReply, renderedReply, servedModel, tokenizer } from "./replies.js";
import { type GenerateRequest, readGenerateRequest } from "./requests.js";
import { run } from "./run.js";

/**
 * POST /api/generate: continues a raw prompt, or answers a templated one. Without a prompt: load or unload, which do
 * nothing.
 */
export async function answerGenerate(
  inference: Inference,
  body: JsonObject,
  reply: FastifyReply,
): Promise<object | undefined> {
  const request = readGenerateRequest(body, servedModel(inference));
  const wrap = (response: string) => ({ response });
  if (request.prompt === "") return loadedReply(request, wrap(""));
  const prompt = promptOf(inference, request);
  if (request.isRenderOnly) return renderedReply(request, prompt, wrap(""));
  return run(inference, request, prompt, wrap, reply);
}

function promptOf(inference: Inference, request: GenerateRequest): Prompt {
  const { contextTokens, keepTokens } = request.options;
  const { mayTruncate, mayShift } = request;
  const limits = { contextTokens, keepTokens, mayTruncate, mayShift };
  return textPrompt(textOf(inference, request), tokenizer(inference), limits);
}

function textOf(inference: Inference, { prompt, system, isRaw }: GenerateRequest): string {
  if (isRaw) return prompt;
  const messages: ChatMessage[] = [{ role: "user", content: prompt }];
  if (system) messages.unshift({ role: "system", content: system });
  // A model without a template gets the plain texts, as in Ollama.
  return inference.chatTemplate?.render(messages) ?? messages.map((message) => message.content).join("\n\n");
}
