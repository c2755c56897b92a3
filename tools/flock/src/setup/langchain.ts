import { variablesPlan } from "./environment-file.js";
import { keyedUrl, SERVES_TOO } from "./network-url.js";
import type { Tool } from "./tool.js";

/*
 * @langchain/ollama 1.3.0 reads OLLAMA_BASE_URL; langchain-ollama 1.1.0 gives its client no host, which reads
 * OLLAMA_HOST. @langchain/openai 1.5.8 and langchain-openai 1.7.4 read OPENAI_BASE_URL after OPENAI_API_BASE
 * (https://docs.langchain.com/oss/python/integrations/chat/openai).
 */
export const LANGCHAIN: Tool = {
  name: "langchain",
  title: "LangChain (JavaScript, Python)",
  gets: "OLLAMA_BASE_URL, OLLAMA_HOST, OPENAI_BASE_URL, OPENAI_API_KEY",
  signs: () => ({ paths: [], commands: [], mayHide: true }),
  plan: (target, places, wishes) => {
    const variables = {
      OLLAMA_BASE_URL: keyedUrl(target),
      OLLAMA_HOST: keyedUrl(target),
      OPENAI_BASE_URL: `${target.url}/v1`,
      OPENAI_API_KEY: target.apiKey,
    };
    const { edits, steps } = variablesPlan("langchain", variables, places, wishes);
    const isAhead = (places.environment["OPENAI_API_BASE"] ?? "") !== "";
    const ahead = "Your environment has OPENAI_API_BASE, which LangChain reads first: unset it.";
    return { edits, steps: [...steps, ...(isAhead ? [ahead] : []), SERVES_TOO] };
  },
};
