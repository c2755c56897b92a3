import { Command } from "commander";
import { z } from "zod";
import { printing } from "../command.js";
import { inLlama, micro } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { table } from "../output.js";
import type { Surroundings } from "../surroundings.js";

const amounts = z.looseObject({ posted_micro: micro, held_micro: micro, available_micro: micro });

const account = z.looseObject({
  account: z.string(),
  wallet: amounts,
  stake_micro: micro,
  cooling: z.looseObject({
    total_micro: micro,
    releases: z.array(z.looseObject({ amount_micro: micro, release_at: z.string().nullable() })),
  }),
  vested: amounts,
  earnings_micro: micro,
  tier: z.looseObject({ level: z.number(), requests_per_minute: z.number(), concurrency: z.number() }),
});

const earnings = z.looseObject({
  worker: z.string(),
  earnings: z.array(
    z.looseObject({
      day: z.string(),
      model: z.string(),
      jobs: z.string(),
      prompt_tokens: z.string(),
      completion_tokens: z.string(),
      share_micro: micro,
      clawed_back_micro: micro,
    }),
  ),
  total_micro: micro,
});

/** `flock account`, `flock earnings`: what the wallet's own account has and earns. */
export function ownAccountCommands(surroundings: Surroundings): readonly Command[] {
  return [showAccount(surroundings), showEarnings(surroundings)];
}

function showAccount(surroundings: Surroundings): Command {
  return new Command("account").description("what the wallet's account has, and its tier").action(
    printing(surroundings, (_args, options) =>
      withSession(options, surroundings, async (api) => {
        const found = await api.get("/account", account);
        return { json: found, text: accountText(found) };
      }),
    ),
  );
}

function accountText(found: z.output<typeof account>): string {
  const { wallet, cooling, vested, tier } = found;
  const releases = cooling.releases.map(({ amount_micro: amount, release_at: at }) => [
    `cooling until ${at ?? "?"}`,
    inLlama(amount),
  ]);
  const rows = [
    ["available", inLlama(wallet.available_micro)],
    ["held for running jobs and payouts", inLlama(wallet.held_micro)],
    ["stake", inLlama(found.stake_micro)],
    ...releases,
    ["earned, can be challenged", inLlama(found.earnings_micro)],
    ["earned, can be collected", inLlama(vested.available_micro)],
  ];
  return (
    table([found.account, "LLAMA"], rows, [1]) +
    `\ntier ${tier.level}: ${tier.requests_per_minute} requests a minute, ${tier.concurrency} at once\n`
  );
}

function showEarnings(surroundings: Surroundings): Command {
  return new Command("earnings")
    .description("what the wallet's worker earned, by day and model; the last seven days")
    .option("--from <day>", "first UTC day, such as 2026-11-22")
    .option("--to <day>", "last UTC day")
    .action(
      printing<{ from?: string; to?: string }>(surroundings, (_args, { from, to, ...options }) =>
        withSession(options, surroundings, async (api) => {
          const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
          const found = await api.get(`/earnings?${new URLSearchParams(range)}`, earnings);
          const rows = found.earnings.map((row) => [
            row.day,
            row.model,
            row.jobs,
            row.prompt_tokens,
            row.completion_tokens,
            inLlama(row.share_micro),
            inLlama(row.clawed_back_micro),
          ]);
          const head = ["day", "model", "jobs", "prompt", "completion", "LLAMA", "taken back"];
          const total = `\n${inLlama(found.total_micro)} LLAMA in all\n`;
          return {
            json: found,
            text:
              rows.length === 0 ? "no earnings in these days\n" : table(head, rows, [2, 3, 4, 5, 6]) + total,
          };
        }),
      ),
    );
}
