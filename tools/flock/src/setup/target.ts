import { resolve } from "node:path";
import { FlockError } from "@flock/errors";
import type { Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { isNamed, noSuchModel, readModels } from "../models.js";
import { type ApiClient, apiClientOf } from "../money/api-client.js";
import { apiKeyOf, type Places, placesOf } from "../places/places.js";
import type { Target, TargetModel } from "./tool.js";

/** As many models as a person picks from; the rest is named with `--model`. */
export const MODELS_MAX = 30;
const KEY_CHECK_TIMEOUT_MS = 10_000;
const KEY_FORM = /^flk_[1-9A-HJ-NP-Za-km-z]{32,44}$/;
/** What means nothing else in a shell, in YAML and in a `.env` file. */
const SAFE_URL = /^https?:\/\/[\w.:[\]-]+(\/[\w.~/-]*)?$/;
/** Names come from strangers' machines. */
const SAFE_NAME = /^[\w.][\w.:/@+-]{0,199}$/;

export interface TargetOptions {
  /** Names of models; default: those that can be used now. */
  readonly model?: readonly string[];
}

/** What tools are to be pointed at: where the network is, the key, checked there, and the models. */
export async function targetOf(
  call: Call<TargetOptions>,
): Promise<{ target: Target; modelsLeftOut: number }> {
  const api = await apiClientOf(call);
  const url = api.baseUrl;
  if (!SAFE_URL.test(url))
    throw new FlockError("invalid_argument", `${url} has signs that no tool's settings take`);
  const key = await keyOf(await placesOf(call));
  await checkKey(url, key.apiKey, key.keySource);
  const models = await modelsOf(api, call.options.model);
  const target = { url, ...key, models: models.slice(0, MODELS_MAX) };
  return { target, modelsLeftOut: Math.max(0, models.length - MODELS_MAX) };
}

async function keyOf(places: Places): Promise<Pick<Target, "apiKey" | "keySource">> {
  const apiKey = await apiKeyOf(places);
  const { key } = places;
  if (apiKey === undefined || key === undefined)
    throw new Fault("failed_precondition", "which key? a tool needs one", {
      advice:
        "name a file that has it with --key-file, or put it into FLOCK_API_KEY; flock keys create makes one",
    });
  const keySource = key.isFile ? resolve(key.value) : key.from;
  if (KEY_FORM.test(apiKey)) return { apiKey, keySource };
  throw new FlockError("invalid_argument", `${keySource} has no key of the form flk_…`);
}

async function checkKey(url: string, apiKey: string, keySource: string): Promise<void> {
  const response = await fetch(`${url}/api/tags`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(KEY_CHECK_TIMEOUT_MS),
  }).catch((cause) => {
    throw new FlockError("unavailable", `no API answers at ${url}`, { cause });
  });
  await response.body?.cancel();
  if (response.status === 401)
    throw new FlockError("unauthenticated", `${url} does not know the key from ${keySource}`);
  if (response.status === 403)
    throw new FlockError("permission_denied", `the key from ${keySource} may not be used for requests`);
}

async function modelsOf(api: ApiClient, names: readonly string[] | undefined): Promise<TargetModel[]> {
  const { models } = await readModels(api);
  const known = models.filter(({ name }) => SAFE_NAME.test(name));
  const chosen =
    names === undefined
      ? known.filter((model) => model.is_available)
      : names.map((name) => {
          const found = known.find((model) => isNamed(model, name));
          if (found === undefined) throw noSuchModel(name, known);
          return found;
        });
  if (chosen.length === 0)
    throw new Fault("failed_precondition", "no model can be used now", {
      advice: "do this again later, or name one with --model",
    });
  return chosen.map(({ name, context_length: contextLength, capabilities }) => ({
    name,
    contextLength: isLength(contextLength) ? contextLength : null,
    capabilities,
  }));
}

/** Tools trip over any other. */
function isLength(value: number | null): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
