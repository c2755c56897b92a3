import type { DayEarnings } from "@flock/proto/ledger";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { day } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { workerEarnings } from "../worker-earnings.js";
import { answering, queryOf } from "./json-route.js";

const earningsQuery = z.object({ from: day.optional(), to: day.optional() });

/** GET /flock/v1/earnings: what the key's worker earned by its jobs, per UTC day and model, newest day first. */
export function earnings(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const asked = queryOf(request, earningsQuery);
    const { worker, from, to, days, totalMicro } = await workerEarnings(
      gateway,
      request.requestContext,
      asked,
    );
    return { worker, from, to, earnings: days.map(earningsView), total_micro: totalMicro };
  });
}

function earningsView(row: DayEarnings) {
  return {
    day: row.day,
    model: row.model,
    jobs: String(row.jobs),
    prompt_tokens: String(row.promptTokens),
    completion_tokens: String(row.completionTokens),
    share_micro: row.shareMicro,
    clawed_back_micro: row.clawedBackMicro,
  };
}
