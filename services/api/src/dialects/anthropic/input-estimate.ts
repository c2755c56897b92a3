import type { ChatMessage, ChatRequest, Tool } from "../../inference/inference-request.js";

/** Of English text; of others a token has fewer. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Roughly how many tokens the model will read, as Ollama reckons it. Only the engine can count, and it tells at the
 * end; a stream has to say something in its first event.
 */
export function estimatedInputTokens({ messages, tools = [] }: ChatRequest): number {
  const length = sum(messages.map(lengthOfMessage)) + sum(tools.map(lengthOfTool));
  return Math.max(1, Math.floor(length / CHARACTERS_PER_TOKEN));
}

function lengthOfMessage({ role, content, thinking = "", toolCalls }: ChatMessage): number {
  // The system prompt is a text of its own in this dialect, without a role.
  const named = role === "system" ? 0 : role.length;
  return named + content.length + thinking.length + (toolCalls ? JSON.stringify(toolCalls).length : 0);
}

function lengthOfTool({ function: described = {} }: Tool): number {
  const { name, description, parameters } = described;
  return sum([name, description].map((text) => String(text ?? "").length)) + jsonLength(parameters);
}

function jsonLength(value: unknown): number {
  return value === undefined ? 0 : JSON.stringify(value).length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
