/*
 * A model's price by default depends on its size alone: whole billions of parameters, rounded down, so that names are
 * taken at their word. Example: qwen3:8b has 8.2 billion parameters and is a model of "up to 8 billion".
 */
import { FlockError } from "@flock/errors";
import type { MicroLlama } from "@flock/money";
import type { Parameters } from "./parameters.js";

/** µLLAMA per token. */
export interface ModelPrices {
  readonly promptPriceMicro: MicroLlama;
  readonly completionPriceMicro: MicroLlama;
}

/** As Ollama shows sizes: `"4.3M"`, `"999.89M"`, `"8.0B"`, `"1T"`. */
const SIZE = /^(\d{1,6}(?:\.\d{1,6})?)([KMBT])$/;
const BILLIONS_PER_UNIT: Readonly<Record<string, number>> = { K: 1e-6, M: 1e-3, B: 1, T: 1e3 };
const CLASSES = [
  { billionsMax: 1, name: "UpTo1b" },
  { billionsMax: 8, name: "UpTo8b" },
  { billionsMax: 34, name: "UpTo34b" },
  { billionsMax: 80, name: "UpTo80b" },
  { billionsMax: Number.POSITIVE_INFINITY, name: "Above80b" },
] as const;

/**
 * The prices of a model of `parameterSize`, which is Ollama's `details.parameter_size`.
 * @throws FlockError `invalid_argument` for anything but a number followed by K, M, B or T.
 */
export function defaultPrices(parameterSize: string, { values }: Parameters): ModelPrices {
  const [, digits, unit] = SIZE.exec(parameterSize) ?? [];
  if (digits === undefined || unit === undefined) {
    const shown = JSON.stringify(parameterSize.slice(0, 40));
    throw new FlockError("invalid_argument", `${shown} is not a model size such as "8.0B"`);
  }
  const billions = Math.floor(Number(digits) * (BILLIONS_PER_UNIT[unit] ?? 1));
  const { name } = CLASSES.find(({ billionsMax }) => billions <= billionsMax) ?? CLASSES[4];
  return {
    promptPriceMicro: values[`price${name}PromptMicro`],
    completionPriceMicro: values[`price${name}CompletionMicro`],
  };
}
