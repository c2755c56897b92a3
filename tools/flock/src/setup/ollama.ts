import { variablesPlan } from "./environment-file.js";
import { keyedUrl, SERVES_TOO } from "./network-url.js";
import type { Tool } from "./tool.js";

/*
 * Ollama's command line (https://docs.ollama.com/faq). `Host` in envconfig/config.go of ollama/ollama takes a URL with
 * a path, which api/client.go puts before each route. It sends no key, so the key is in the URL.
 */
export const OLLAMA: Tool = {
  name: "ollama",
  title: "Ollama's command line",
  gets: "OLLAMA_HOST",
  signs: ({ ollamaFolder }) => ({ paths: [ollamaFolder], commands: ["ollama"] }),
  plan: (target, places, wishes) => {
    const { edits, steps } = variablesPlan("ollama", { OLLAMA_HOST: keyedUrl(target) }, places, wishes);
    const model = target.models[0]?.name ?? "<name of a model>";
    return { edits, steps: [...steps, `Then: ollama run ${model}`, SERVES_TOO] };
  },
};
