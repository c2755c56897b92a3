import { FlockError } from "@flock/errors";
import type { Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { noSuchModel, readModels } from "../models.js";
import { ApiClient } from "../money/api-client.js";
import { nowhere } from "../places/local-mesh.js";
import { apiKeyOf, type Places, placesOf } from "../places/places.js";
import type { Endpoint } from "./ollama-stream.js";

const NO_KEY =
  "this network serves no guests: flock keys create --out key.txt makes a key; name it with --key-file, FLOCK_API_KEY or flock context set";

export interface Line {
  readonly endpoint: Endpoint;
  readonly api: ApiClient;
  /** An error of the network, with what helps against it. */
  readonly explained: (error: unknown, model: string) => Promise<unknown>;
}

/** Whom a conversation is held with. */
export async function lineOf(call: Call): Promise<Line> {
  const places = await placesOf(call);
  if (places.apiUrl === undefined)
    throw nowhere(call.options.dataDir, "--api-url or FLOCK_API_URL, or flock context set");
  const { trace } = call.report;
  // Only what everybody may read is asked for by it, so it is shown no key.
  const api = new ApiClient(places.apiUrl.value, { trace });
  const endpoint = { baseUrl: api.baseUrl, apiKey: await apiKeyOf(places), trace };
  return { endpoint, api, explained: (error, model) => explained(error, model, api, places) };
}

async function explained(error: unknown, model: string, api: ApiClient, places: Places): Promise<unknown> {
  if (!(error instanceof FlockError)) return error;
  if (error.code === "unauthenticated")
    return new Fault(error.code, error.message, {
      advice: adviceOnKey(places),
      details: error.details,
      cause: error,
    });
  if (error.code === "not_found") {
    const found = await readModels(api).catch(() => undefined);
    return found === undefined ? error : noSuchModel(model, found.models, error);
  }
  return error;
}

/** A variable that somebody has forgotten is the usual reason for a wrong key. */
function adviceOnKey({ key, context }: Places): string {
  if (key === undefined) return NO_KEY;
  const isHidden = key.from === "FLOCK_API_KEY" && context !== undefined;
  return `the key is from ${key.from}${isHidden ? `, which counts more than context ${context.value}` : ""}`;
}
