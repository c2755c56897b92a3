import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { USAGE_GROUPS, type UsageRow } from "../../store/usage-store.js";
import { accountUsage } from "../account-usage.js";
import { day, text, uuid } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { answering, queryOf } from "./json-route.js";

const GROUPS_DEFAULT = "day,model,key";

const groups = text(64)
  .default(GROUPS_DEFAULT)
  .transform((value) => value.split(",").filter((name) => name !== ""))
  .pipe(z.array(z.enum(USAGE_GROUPS, { error: "must be some of day, model and key, with commas between" })));

const query = z.object({ from: day.optional(), to: day.optional(), by: groups, key: uuid.optional() });

/** GET /flock/v1/usage: what the account's keys have used, by day, model and key. */
export function usage(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
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
