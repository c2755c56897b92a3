import type { DayEarnings, EarningsTotalsReply } from "@flock/proto/ledger";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { flag, integer, list, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { accountEarnings } from "../../money/account-earnings.js";
import { day, workerId } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { amount, count, moment, schemaOf } from "./described.js";
import { isoOf, jsonRoute, queryOf } from "./json-route.js";

const earningsQuery = z.object({
  from: day.optional(),
  to: day.optional(),
  worker: workerId.optional(),
});

/** GET /flock/v1/earnings: what the account's workers earned by their jobs, and what has become of it. */
export function earnings(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { from, to, worker } = queryOf(request, earningsQuery);
    const found = await accountEarnings(gateway, request.requestContext, { from, to, worker });
    return {
      worker: found.account,
      from: found.from,
      to: found.to,
      earnings: found.rows.map(earningsView),
      is_cut: found.isCut,
      total_micro: found.totalMicro,
      vesting: found.totals.vesting.map(({ epoch, amountMicro, vestsUnixMs }) => ({
        epoch,
        amount_micro: amountMicro,
        vests_at: isoOf(vestsUnixMs),
      })),
      totals: totalsView(found.totals),
    };
  });
}

function earningsView(row: DayEarnings) {
  return {
    day: row.day,
    model: row.model,
    worker_id: row.doneBy,
    jobs: String(row.jobs),
    prompt_tokens: String(row.promptTokens),
    completion_tokens: String(row.completionTokens),
    share_micro: row.shareMicro,
    clawed_back_micro: row.clawedBackMicro,
  };
}

function totalsView(totals: EarningsTotalsReply) {
  return {
    earned_micro: totals.earnedMicro,
    emission_micro: totals.emissionMicro,
    clawed_back_micro: totals.clawedBackMicro,
    vesting_micro: totals.vestingMicro,
    vested_micro: totals.vestedMicro,
    collected_micro: totals.collectedMicro,
    paid_micro: totals.paidMicro,
  };
}

export const EARNINGS: Operation = {
  id: "flockEarnings",
  summary: "What the account's workers earned by their jobs, and what has become of it",
  query: schemaOf(earningsQuery),
  answers: answering(
    told({
      worker: string("The account that is paid."),
      from: string("The first day.", { format: "date" }),
      to: string("The last day.", { format: "date" }),
      earnings: list(
        told({
          day: string("In UTC.", { format: "date" }),
          model: string("That answered."),
          worker_id: string("Who did the jobs."),
          jobs: count("Jobs."),
          prompt_tokens: count("Tokens of prompts."),
          completion_tokens: count("Tokens of answers."),
          share_micro: amount("Earned."),
          clawed_back_micro: amount("Taken back."),
        }),
        "Newest day first.",
      ),
      is_cut: flag("There are more than 10 000 of these."),
      total_micro: amount("Earned by these, without what was taken back."),
      vesting: list(
        told({
          epoch: integer("Its number.", { minimum: 0 }),
          amount_micro: amount("Earned in it, and not taken back."),
          vests_at: moment("When the epoch is closed."),
        }),
        "Of the epochs that are not closed, oldest first.",
      ),
      totals: told({
        earned_micro: amount(
          "Ever earned: shares of jobs, and the emission. It is the sum of the last five.",
        ),
        emission_micro: amount("The part of it that is emission."),
        clawed_back_micro: amount("Taken back."),
        vesting_micro: amount("Not vested yet: the sum of `vesting`."),
        vested_micro: amount("Vested, and still there."),
        collected_micro: amount("Moved into the wallet."),
        paid_micro: amount("Paid out on chain."),
      }),
    }),
    "The earnings.",
  ),
};
