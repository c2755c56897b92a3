import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { readContexts } from "../places/contexts.js";
import { placesOf } from "../places/places.js";
import type { Surroundings } from "../surroundings.js";
import type { Names } from "../tree/command-spec.js";
import { remembered } from "./memory.js";

/** Tab is to answer at once; where the network does not, what was heard before has to do. */
const TIMEOUT_MS = 60;
const ANSWER_BYTES_MAX = 2_000_000;

/** Names of a kind, as far as they can be had in a moment. */
export async function namesOf(
  kind: Names,
  typed: readonly string[],
  surroundings: Surroundings,
  timeoutMs = TIMEOUT_MS,
): Promise<readonly string[]> {
  const { environment } = surroundings;
  if (kind === "contexts") return Object.keys((await readContexts(environment)).contexts);
  if (kind === "keys") return remembered(environment, "keys");
  const fresh = await modelsNow(typed, surroundings, timeoutMs).catch(() => undefined);
  return fresh ?? remembered(environment, "models");
}

async function modelsNow(
  typed: readonly string[],
  surroundings: Surroundings,
  timeoutMs: number,
): Promise<readonly string[] | undefined> {
  const said = (flag: string) => typed[typed.lastIndexOf(flag) + 1];
  const options = {
    dataDir: (typed.includes("--data-dir") && said("--data-dir")) || ".flock",
    color: "never" as const,
    ...(typed.includes("--api-url") ? { apiUrl: said("--api-url") ?? "" } : {}),
    ...(typed.includes("--context") ? { context: said("--context") ?? "" } : {}),
  };
  const { apiUrl } = await placesOf({ options, surroundings });
  if (apiUrl === undefined) return undefined;
  const answer: unknown = JSON.parse(
    await textAt(new URL(`${apiUrl.value.replace(/\/+$/, "")}/flock/v1/models`), timeoutMs),
  );
  if (typeof answer !== "object" || answer === null || !("models" in answer) || !Array.isArray(answer.models))
    return undefined;
  const models: readonly unknown[] = answer.models;
  return models.flatMap((model) =>
    typeof model === "object" && model !== null && "name" in model && typeof model.name === "string"
      ? [model.name]
      : [],
  );
}

/** Not by fetch, which takes longer to load than all of this may. */
function textAt(url: URL, timeoutMs: number): Promise<string> {
  const get = url.protocol === "https:" ? getHttps : getHttp;
  return new Promise((resolve, reject) => {
    const asked = get(url, { signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        if (text.length > ANSWER_BYTES_MAX) asked.destroy(new Error("too long"));
      });
      response.once("end", () => resolve(text)).once("error", reject);
    });
    asked.once("error", reject);
  });
}
