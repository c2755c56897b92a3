import type { LocalState } from "./local-state.js";

/** What is printed once everything answers: the line beginning `READY`, then what a person needs to try it. */
export function readyMessage(state: LocalState, afterMs: number): string {
  const { apiUrl, apiKey, model } = state;
  const name = model.replace(/:latest$/, "");
  const body = JSON.stringify({ model: name, prompt: "Once upon a time", stream: false });
  return [
    `READY ${apiUrl} after ${(afterMs / 1_000).toFixed(1)} s`,
    "",
    `  API URL  ${apiUrl}`,
    `  API key  ${apiKey}`,
    `  Model    ${model || "none: no worker runs"}`,
    "",
    `  curl ${apiUrl}/api/generate -H 'Authorization: Bearer ${apiKey}' -d '${body}'`,
    "",
    `  Ollama's command line: OLLAMA_HOST=${apiUrl}/k/${apiKey} ollama run ${name}`,
    "  Stop with Ctrl-C.",
    "",
  ].join("\n");
}
