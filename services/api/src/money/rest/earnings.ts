import type { DayEarnings } from "@flock/proto/ledger";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { list, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { day } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { workerEarnings } from "../worker-earnings.js";
import { amount, count, schemaOf } from "./described.js";
import { jsonRoute, queryOf } from "./json-route.js";

const earningsQuery = z.object({ from: day.optional(), to: day.optional() });

/** GET /flock/v1/earnings: what the key's worker earned by its jobs, per UTC day and model, newest day first. */
export function earnings(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
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

export const EARNINGS: Operation = {
  id: "flockEarnings",
  summary: "What the key's worker earned by its jobs, per day and model",
  query: schemaOf(earningsQuery),
  answers: answering(
    told({
      worker: string("The worker's address."),
      from: string("The first day.", { format: "date" }),
      to: string("The last day.", { format: "date" }),
      earnings: list(
        told({
          day: string("In UTC.", { format: "date" }),
          model: string("That answered."),
          jobs: count("Jobs."),
          prompt_tokens: count("Tokens of prompts."),
          completion_tokens: count("Tokens of answers."),
          share_micro: amount("Earned."),
          clawed_back_micro: amount("Taken back."),
        }),
        "Newest day first.",
      ),
      total_micro: amount("Earned, without what was taken back."),
    }),
    "The earnings.",
  ),
};
