import { integer, orNull, told } from "../../http/openapi/json-schema.js";
import type { MoneyGateway } from "../../money/money-gateway.js";

/** What who shows no key may have, as GET /flock/v1/network tells it; null: nothing. */
export async function guestsView({ guests }: Pick<MoneyGateway, "guests">) {
  const terms = await guests?.terms();
  if (terms === undefined) return null;
  return {
    requests_per_minute: terms.requestsPerMinute,
    completion_tokens_max: terms.completionTokensMax,
  };
}

export const GUESTS = orNull(
  told({
    requests_per_minute: integer("Of all guests of one address.", { minimum: 1 }),
    completion_tokens_max: integer("Of one answer.", { minimum: 1 }),
  }),
);
