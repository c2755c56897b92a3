import { defaultPrices, type ModelPrices, type Parameters } from "@flock/parameters";
import type { ModelFacts } from "./model-facts.js";

/** What a model costs that nobody has priced: by its number of parameters, as its worker's Ollama shows it. */
export function pricesOf({ showJson, sizeBytes }: ModelFacts, parameters: Parameters): ModelPrices {
  try {
    return defaultPrices(shownSize(showJson), parameters);
  } catch {
    // A model without a size that can be read is taken for one of a byte per parameter.
    return defaultPrices(`${Math.min(999_999, sizeBytes / 1e9).toFixed(3)}B`, parameters);
  }
}

function shownSize(showJson: Buffer): string {
  // CAST: only looked into; what is not there, or no size, is refused by the reader of sizes.
  const shown = JSON.parse(showJson.toString("utf8")) as { details?: { parameter_size?: unknown } | null };
  return String(shown.details?.parameter_size);
}
