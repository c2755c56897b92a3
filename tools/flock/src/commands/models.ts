import { formatLlama, microLlama } from "@flock/money";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { remember } from "../completion/memory.js";
import { isNamed, type Model, model, noSuchModel, readModels } from "../models.js";
import { type ApiClient, apiClientOf, isUnknownPath } from "../money/api-client.js";
import { listed } from "../output/page.js";
import { facts } from "../output/sheet.js";

const TOKENS_PER_PRICE = 1_000_000n;
const HEAD = [
  "model",
  "LLAMA/M prompt",
  "LLAMA/M answer",
  "free slots",
  "waiting",
  "wait",
  "tokens/s",
  "context",
  "capabilities",
];

const detailed = z.looseObject({
  model: model.extend({
    hardware: z
      .array(z.looseObject({ class: z.string(), workers: z.number() }))
      .nullable()
      .default(null),
  }),
});
type Detailed = z.output<typeof detailed>["model"];

/** `flock models`: what is not known is "?", and never 0. */
export async function showModels(call: Call): Promise<Answer> {
  const api = await apiClientOf(call);
  const found = await readModels(api);
  await remember(
    call.surroundings.environment,
    "models",
    found.models.map(({ name }) => name),
  );
  const typed = call.args[0];
  if (typed !== undefined) return oneModel(api, typed, found.models);
  return listed({
    json: found,
    head: HEAD,
    rows: found.models.map((each) => [
      each.name,
      pricePerMillion(each.prompt_price_micro),
      pricePerMillion(each.completion_price_micro),
      freeSlots(each),
      each.waiting === null ? "?" : String(each.waiting),
      range(each.wait_ms, seconds, " s"),
      range(each.tokens_per_second, whole),
      each.context_length === null ? "?" : String(each.context_length),
      each.capabilities.join(","),
    ]),
    right: [1, 2, 3, 4, 5, 6, 7],
    none: "no live worker has a model",
  });
}

async function oneModel(api: ApiClient, typed: string, all: readonly Model[]): Promise<Answer> {
  const listedModel = all.find((each) => isNamed(each, typed));
  if (listedModel === undefined) throw noSuchModel(typed, all);
  const { name } = listedModel;
  // An older API has no page of one model.
  const asked = api.get(`/models/${encodeURIComponent(name)}`, detailed);
  const found: Detailed = await asked
    .then((answer) => answer.model)
    .catch((error: unknown) => {
      if (isUnknownPath(error)) return { ...listedModel, hardware: null };
      throw error;
    });
  const { wait_ms: wait, first_token_ms: first, tokens_per_second: speed } = found;
  return {
    json: found,
    text: facts([
      ["model", found.name],
      ["can be used now", found.is_available ? "yes" : "no"],
      ["prompt", `${pricePerMillion(found.prompt_price_micro)} LLAMA a million tokens`],
      ["answer", `${pricePerMillion(found.completion_price_micro)} LLAMA a million tokens`],
      ["free slots", freeSlots(found)],
      [
        "workers",
        found.workers === null ? "?" : `${found.workers.all}, ${found.workers.warm} have it loaded`,
      ],
      ["hardware", found.hardware?.map((each) => `${each.workers} × ${each.class}`).join(", ") ?? "?"],
      ["requests waiting", found.waiting === null ? "?" : String(found.waiting)],
      ["wait", sampled(wait, seconds, " s")],
      ["first token", sampled(first, seconds, " s")],
      ["tokens a second", sampled(speed, whole)],
      ["context", found.context_length === null ? "?" : `${found.context_length} tokens`],
      ["capabilities", found.capabilities.join(", ")],
      ["digest", found.digest],
    ]),
  };
}

/** µLLAMA per token is the same number as LLAMA per million tokens. */
export function pricePerMillion(priceMicro: bigint): string {
  return formatLlama(microLlama(priceMicro * TOKENS_PER_PRICE));
}

function freeSlots({ slots, is_available: isAvailable }: Model): string {
  if (slots === null) return isAvailable ? "some" : "none";
  return `${slots.all - slots.busy} of ${slots.all}`;
}

function range(measured: Model["wait_ms"], inWords: (value: number) => string, unit = ""): string {
  if (measured === null) return "?";
  const [usual, most] = [inWords(measured.p50), inWords(measured.p90)];
  return `${usual === most ? usual : `${usual}–${most}`}${unit}`;
}

function sampled(measured: Model["wait_ms"], inWords: (value: number) => string, unit = ""): string {
  return measured === null
    ? "?"
    : `${range(measured, inWords, unit)}, of ${measured.n} in the last half hour`;
}

const seconds = (ms: number) => (ms / 1_000).toFixed(1);
const whole = (value: number) => value.toFixed(0);
