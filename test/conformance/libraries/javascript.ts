import { AI_ANTHROPIC, AI_COMPATIBLE, AI_OLLAMA, AI_OPENAI } from "./ai-sdk.js";
import { ANTHROPIC } from "./anthropic.js";
import { LANGCHAIN_OLLAMA, LANGCHAIN_OPENAI } from "./langchain.js";
import type { Library } from "./library.js";
import { OLLAMA } from "./ollama.js";
import { OPENAI, OPENAI_RESPONSES } from "./openai.js";

/** The libraries from npm. */
export const JAVASCRIPT_LIBRARIES: readonly Library[] = [
  OLLAMA,
  OPENAI,
  OPENAI_RESPONSES,
  ANTHROPIC,
  LANGCHAIN_OLLAMA,
  LANGCHAIN_OPENAI,
  AI_OLLAMA,
  AI_OPENAI,
  AI_COMPATIBLE,
  AI_ANTHROPIC,
];
