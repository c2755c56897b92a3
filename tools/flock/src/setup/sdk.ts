import { variablesPlan } from "./environment-file.js";
import { keyedUrl, SERVES_TOO } from "./network-url.js";
import type { Tool } from "./tool.js";

/*
 * The libraries of OpenAI (https://github.com/openai/openai-python), of Anthropic
 * (https://github.com/anthropics/anthropic-sdk-python) and, for Python, of Ollama
 * (https://github.com/ollama/ollama-python). docs/api.md, "Clients that are tested", has what was tried of them.
 */
export const SDK: Tool = {
  name: "sdk",
  title: "OpenAI's, Anthropic's and Ollama's libraries",
  gets: "OPENAI_BASE_URL, OPENAI_API_KEY, ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY, OLLAMA_HOST",
  signs: () => ({ paths: [], commands: [], mayHide: true }),
  plan: (target, places, wishes) => {
    const variables = {
      OPENAI_BASE_URL: `${target.url}/v1`,
      OPENAI_API_KEY: target.apiKey,
      ANTHROPIC_BASE_URL: target.url,
      ANTHROPIC_API_KEY: target.apiKey,
      OLLAMA_HOST: keyedUrl(target),
    };
    const { edits, steps } = variablesPlan("sdk", variables, places, wishes);
    const inCode = `Ollama's library for JavaScript reads none of them: new Ollama({ host: process.env.OLLAMA_HOST })`;
    return { edits, steps: [...steps, inCode, SERVES_TOO] };
  },
};
