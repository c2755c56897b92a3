import type { CatalogueEntry } from "@flock/proto/catalogue";
import { named, string, told } from "../http/openapi/json-schema.js";

/** What a model in an answer of somebody else's API has as `flock`: what it costs there is no member for. */
export function priceMember({ promptPriceMicro, completionPriceMicro }: CatalogueEntry) {
  return {
    prompt_price_micro: String(promptPriceMicro),
    completion_price_micro: String(completionPriceMicro),
  };
}

const price = (of: string) => string(`Of a token of ${of}, in µLLAMA.`, { pattern: "^[0-9]+$" });

/** It, as `/openapi.json` describes it. */
export const PRICES = named(
  "ModelPrices",
  told({ prompt_price_micro: price("the prompt"), completion_price_micro: price("the answer") }),
);
