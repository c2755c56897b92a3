import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { inLlama, micro } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { listed } from "../output/page.js";

const earnings = z.looseObject({
  worker: z.string().optional(),
  earnings: z.array(
    z.looseObject({
      day: z.string(),
      // An older API tells of one worker alone.
      worker_id: z.string().optional(),
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

interface EarningsOptions {
  readonly from?: string;
  readonly to?: string;
  readonly worker?: string;
}

/** `flock earnings`, `flock worker earnings` */
export function showEarnings(call: Call<EarningsOptions>): Promise<Answer> {
  const { from, to, worker } = call.options;
  const asked = Object.entries({ from, to, worker }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return withSession(call, async (api) => {
    const found = await api.get(`/earnings?${new URLSearchParams(asked)}`, earnings);
    return listed({
      json: found,
      head: ["day", "model", "jobs", "prompt", "completion", "LLAMA", "taken back", "worker"],
      rows: found.earnings.map((row) => [
        row.day,
        row.model,
        row.jobs,
        row.prompt_tokens,
        row.completion_tokens,
        inLlama(row.share_micro),
        inLlama(row.clawed_back_micro),
        row.worker_id ?? found.worker ?? "",
      ]),
      right: [2, 3, 4, 5, 6],
      none: "no earnings in these days",
      note: `${inLlama(found.total_micro)} LLAMA in all\n`,
    });
  });
}
