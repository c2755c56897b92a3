import { ollamaUrl } from "@flock/ollama";
import { send } from "./http-client.js";

/** Which of a target's models stands for one of the recordings. */
export type Models = Readonly<Record<string, string>>;

/** A real Ollama to compare with, or why there is none. */
export type RealOllama = { readonly baseUrl: string; readonly models: Models } | { readonly missing: string };

interface Listed {
  readonly name: string;
  readonly capabilities?: readonly string[];
}

/** What a model must not be able to do where requests of the recordings are refused for it. */
const NOT_PLAIN = ["tools", "thinking", "vision", "insert"];

/** Looks for the Ollama that the variable names, with models like those of the recordings. */
export async function findRealOllama(host: string | undefined): Promise<RealOllama> {
  if (host === undefined || host === "") return { missing: "OLLAMA_HOST names none" };
  const baseUrl = ollamaUrl(host);
  const answer = await send(baseUrl, { method: "GET", path: "/api/tags" }).catch(() => undefined);
  if (answer?.status !== 200) return { missing: `OLLAMA_HOST names ${baseUrl}, where none answers` };
  // CAST: what an Ollama answers.
  const { models } = JSON.parse(answer.body) as { readonly models: readonly Listed[] };
  const nameOf = (capability: string, excluded: readonly string[]) =>
    models.find(
      ({ capabilities = [] }) =>
        capabilities.includes(capability) && !excluded.some((each) => capabilities.includes(each)),
    )?.name;
  const [smol, embedding] = [nameOf("completion", NOT_PLAIN), nameOf("embedding", [])];
  if (smol === undefined || embedding === undefined)
    return {
      missing: `${baseUrl} needs a model that can complete and not ${NOT_PLAIN.join(", ")}, and one that embeds`,
    };
  return { baseUrl, models: { smol, "smol-embed": embedding } };
}
