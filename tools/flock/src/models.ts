import { z } from "zod";
import { Fault } from "./faults/fault.js";
import { nearestTo } from "./faults/nearest.js";
import type { ApiClient } from "./money/api-client.js";
import { micro } from "./money/llama.js";

/** A measured time or speed over the last half hour; null: too few samples, or too few workers to tell. */
const measured = z.looseObject({ p50: z.number(), p90: z.number(), n: z.number() }).nullable().default(null);

/** A model as the API tells of it. An older API says less. */
export const model = z.looseObject({
  name: z.string(),
  digest: z.string(),
  context_length: z.number().nullable(),
  capabilities: z.array(z.string()),
  prompt_price_micro: micro,
  completion_price_micro: micro,
  is_available: z.boolean(),
  workers: z.looseObject({ all: z.number(), warm: z.number() }).nullable().default(null),
  slots: z.looseObject({ all: z.number(), busy: z.number() }).nullable().default(null),
  waiting: z.number().nullable().default(null),
  wait_ms: measured,
  first_token_ms: measured,
  tokens_per_second: measured,
});
export type Model = z.output<typeof model>;

const models = z.looseObject({ models: z.array(model) });

/** Who can read it needs no key. */
export async function readModels(api: ApiClient): Promise<z.output<typeof models>> {
  return api.get("/models", models);
}

/** `flock-tiny` is `flock-tiny:latest`, and neither case nor blanks matter. */
export function isNamed({ name }: Pick<Model, "name">, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  return name === wanted || name === `${wanted}:latest`;
}

/** What is said of a name that no model has. */
export function noSuchModel(typed: string, all: readonly Pick<Model, "name">[], cause?: unknown): Fault {
  const names = all.map(({ name }) => name);
  const short = names.map((name) => name.replace(/:latest$/, ""));
  return new Fault("not_found", `there is no model '${typed}' here`, {
    nearest: nearestTo(typed, [...short, ...names]),
    advice: "flock models lists them",
    cause,
  });
}
