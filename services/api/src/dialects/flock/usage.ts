import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { flag, list, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { accountUsage } from "../../money/account-usage.js";
import { day, text, uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { USAGE_GROUPS, type UsageRow } from "../../store/usage-store.js";
import { amount, count, schemaOf } from "./described.js";
import { queryOf, taggedJsonRoute } from "./json-route.js";

const GROUPS_DEFAULT = "day,model,key";

const groups = text(64)
  .default(GROUPS_DEFAULT)
  .transform((value) => value.split(",").filter((name) => name !== ""))
  .pipe(z.array(z.enum(USAGE_GROUPS, { error: "must be some of day, model and key, with commas between" })));

const query = z.object({ from: day.optional(), to: day.optional(), by: groups, key: uuid.optional() });

/** GET /flock/v1/usage: what the account's keys have used, by day, model and key. */
export function usage(gateway: MoneyGateway): RouteHandlerMethod {
  return taggedJsonRoute(async (request) => {
    const { from, to, by, key: keyId } = queryOf(request, query);
    const found = await accountUsage(gateway, request.requestContext, { from, to, by, keyId });
    return {
      account: found.account,
      from: found.from,
      to: found.to,
      usage: found.rows.map(rowView),
      is_cut: found.isCut,
    };
  });
}

/** Without the fields that are not told apart. Counts are strings, as amounts are. */
function rowView({ day: on, model, keyId, ...sums }: UsageRow) {
  return {
    ...(on === undefined ? {} : { day: on }),
    ...(model === undefined ? {} : { model }),
    ...(keyId === undefined ? {} : { key_id: keyId }),
    requests: sums.requests,
    prompt_tokens: sums.promptTokens,
    completion_tokens: sums.completionTokens,
    charge_micro: sums.chargeMicro,
  };
}

export const USAGE: Operation = {
  id: "flockUsage",
  summary: "What the account's keys have used",
  query: schemaOf(query),
  isCached: true,
  answers: answering(
    told({
      account: string("Whose keys."),
      from: string("The first day.", { format: "date" }),
      to: string("The last day.", { format: "date" }),
      usage: list(
        told(
          {
            day: string("In UTC.", { format: "date" }),
            model: string("That answered."),
            key_id: string("Of the key."),
            requests: count("Requests."),
            prompt_tokens: count("Tokens of prompts."),
            completion_tokens: count("Tokens of answers."),
            charge_micro: amount("Charged."),
          },
          ["day", "model", "key_id"],
        ),
        "Newest day first; with what `by` tells apart.",
      ),
      is_cut: flag("There is more than is told."),
    }),
    "The usage.",
  ),
};
