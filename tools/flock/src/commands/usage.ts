import { Command } from "commander";
import { z } from "zod";
import { printing } from "../command.js";
import { inLlama, micro } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { table } from "../output.js";
import type { Surroundings } from "../surroundings.js";

const used = z.looseObject({
  from: z.string(),
  to: z.string(),
  usage: z.array(
    z.looseObject({
      day: z.string().optional(),
      model: z.string().optional(),
      key_id: z.string().optional(),
      requests: z.string(),
      prompt_tokens: z.string(),
      completion_tokens: z.string(),
      charge_micro: micro,
    }),
  ),
  is_cut: z.boolean(),
});

interface UsageOptions {
  readonly from?: string;
  readonly to?: string;
  readonly by: string;
  readonly key?: string;
}

const COLUMNS = ["day", "model", "key", "requests", "prompt tokens", "completion tokens", "LLAMA"];

/** `flock usage`: what the keys of the wallet's account have used. */
export function usageCommand(surroundings: Surroundings): Command {
  return new Command("usage")
    .description("what the keys of the wallet's account have used")
    .option("--from <day>", "first day (UTC), such as 2026-11-01; default: a month before the last")
    .option("--to <day>", "last day; default: today")
    .option("--by <list>", "what is told apart, with commas between", "day,model,key")
    .option("--key <key-id>", "of this key alone")
    .action(
      printing<UsageOptions>(surroundings, (_args, { from, to, by, key, ...options }) =>
        withSession(options, surroundings, async (api) => {
          const query = new URLSearchParams({
            by,
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
            ...(key === undefined ? {} : { key }),
          });
          const found = await api.get(`/usage?${query}`, used);
          return { json: found, text: usageText(found) };
        }),
      ),
    );
}

function usageText({ from, to, usage, is_cut: isCut }: z.output<typeof used>): string {
  if (usage.length === 0) return `nothing was used from ${from} to ${to}\n`;
  const rows = usage.map((row) => [
    row.day ?? "",
    row.model ?? "",
    row.key_id ?? "",
    row.requests,
    row.prompt_tokens,
    row.completion_tokens,
    inLlama(row.charge_micro),
  ]);
  return `${table(COLUMNS, rows)}${isCut ? "there is more: ask for fewer days, or for one key\n" : ""}`;
}
