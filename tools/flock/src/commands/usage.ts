import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { inLlama, micro } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { listed } from "../output/page.js";

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

const COLUMNS = ["day", "model", "LLAMA", "requests", "prompt tokens", "completion tokens", "key"];

/** `flock usage` */
export function showUsage(call: Call<UsageOptions>): Promise<Answer> {
  const { from, to, by, key } = call.options;
  const query = new URLSearchParams({
    by,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(key === undefined ? {} : { key }),
  });
  return withSession(call, async (api) => {
    const found = await api.get(`/usage?${query}`, used);
    return listed({
      json: found,
      head: COLUMNS,
      rows: found.usage.map((row) => [
        row.day ?? "",
        row.model ?? "",
        inLlama(row.charge_micro),
        row.requests,
        row.prompt_tokens,
        row.completion_tokens,
        row.key_id ?? "",
      ]),
      right: [2, 3, 4, 5],
      none: `nothing was used from ${found.from} to ${found.to}`,
      ...(found.is_cut ? { note: "there is more: ask for fewer days, or for one key\n" } : {}),
    });
  });
}
