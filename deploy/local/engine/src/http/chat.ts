import { FlockError } from "@flock/errors";
import type { FastifyReply } from "fastify";
import { chatPrompt } from "../generation/prompt.js";
import type { Inference } from "../inference.js";
import type { JsonObject } from "./fields.js";
import { loadedReply, renderedReply, servedModel, tokenizer } from "./replies.js";
import { readChatRequest } from "./requests.js";
import { run } from "./run.js";

/** POST /api/chat: the next message of a conversation. Without messages: load or unload, which do nothing. */
export async function answerChat(
  inference: Inference,
  body: JsonObject,
  reply: FastifyReply,
): Promise<object | undefined> {
  const request = readChatRequest(body, servedModel(inference));
  const wrap = (content: string) => ({ message: { role: "assistant", content } });
  if (request.messages.length === 0) return loadedReply(request, wrap(""));
  const { chatTemplate } = inference;
  if (chatTemplate === undefined) {
    throw new FlockError("invalid_argument", `${JSON.stringify(request.model)} does not support chat`);
  }
  const { contextTokens, keepTokens } = request.options;
  const { mayTruncate, mayShift } = request;
  const limits = { contextTokens, keepTokens, mayTruncate, mayShift };
  const render = chatTemplate.render.bind(chatTemplate);
  const prompt = chatPrompt(request.messages, render, tokenizer(inference), limits);
  if (request.isRenderOnly) return renderedReply(request, prompt, { message: { role: "", content: "" } });
  return run(inference, request, prompt, wrap, reply);
}
