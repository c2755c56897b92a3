import type { AskableModel } from "./first-model.js";
import type { LocalState } from "./local-state.js";

export interface Announced extends Pick<LocalState, "apiUrl" | "grpcAddress" | "bridgeAddress" | "apiKey"> {
  /** What who shows no key may have; undefined: nothing. */
  readonly guests?: string | undefined;
}

/**
 * What is printed once everything answers: the line beginning `READY`, then what a person needs to try it.
 * @param remarks what they should know besides.
 */
export function readyMessage(
  { apiUrl, grpcAddress, bridgeAddress, apiKey, guests }: Announced,
  model: AskableModel,
  afterMs: number,
  remarks: readonly string[] = [],
): string {
  return [
    `READY ${apiUrl} after ${(afterMs / 1_000).toFixed(1)} s`,
    "",
    `  Console   ${apiUrl}/console/`,
    `  API URL   ${apiUrl}`,
    `  API docs  ${apiUrl}/docs`,
    `  gRPC      ${grpcAddress}`,
    ...(bridgeAddress === undefined
      ? []
      : [`  Bridge    http://${bridgeAddress} (SERVER_URL of flockollamas-worker)`]),
    `  API key   ${apiKey}`,
    ...(guests === undefined ? [] : [`  Guests    ${guests}`]),
    `  Model     ${describe(model)}`,
    "",
    ...firstSteps(apiUrl, apiKey, model),
    ...remarks.map((remark) => `  Note: ${remark}`),
    "  Stop with Ctrl-C.",
    "",
  ].join("\n");
}

function describe({ name, canChat }: AskableModel): string {
  if (name === "") return "none: no worker runs";
  return canChat ? name : `${name}, for embeddings only: there is no model here that can chat`;
}

function firstSteps(apiUrl: string, apiKey: string, model: AskableModel): string[] {
  const name = model.name.replace(/:latest$/, "");
  const curl = (path: string, body: object) =>
    `  curl ${apiUrl}${path} -H 'Authorization: Bearer ${apiKey}' -d '${JSON.stringify(body)}'`;
  if (name === "") return [];
  if (!model.canChat) return [curl("/api/embed", { model: name, input: "Once upon a time" }), ""];
  return [
    curl("/api/generate", { model: name, prompt: "Once upon a time", stream: false }),
    "",
    `  Ollama's command line: OLLAMA_HOST=${apiUrl}/k/${apiKey} ollama run ${name}`,
  ];
}
