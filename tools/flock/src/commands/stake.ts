import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { apiClientOf } from "../money/api-client.js";
import { inLlama, micro, typedLlama } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { handIn } from "../money/signed-request.js";
import { openWallet } from "../money/wallet-file.js";
import { timeOf } from "../output/format.js";
import { table } from "../output/sheet.js";

const staked = z.looseObject({ id: z.string(), stake_micro: micro, available_micro: micro });
const unstaked = z.looseObject({ id: z.string(), stake_micro: micro, release_at: z.string().nullable() });
const collected = z.looseObject({ id: z.string(), vested_micro: micro, available_micro: micro });
const vested = z.object({ vested: z.object({ available_micro: micro }) });
const pockets = z.object({
  account: z.string(),
  stake_micro: micro,
  cooling: z.looseObject({
    total_micro: micro,
    releases: z.array(z.looseObject({ amount_micro: micro, release_at: z.string().nullable() })),
  }),
});

type IdOptions = { readonly id?: string };

/** `flock stake` */
export function showStake(call: Call): Promise<Answer> {
  return withSession(call, async (api) => {
    const { account, stake_micro, cooling } = await api.get("/account", pockets);
    const releases = cooling.releases.map(({ amount_micro, release_at }) => [
      `cooling until ${timeOf(release_at) || "?"}`,
      inLlama(amount_micro),
    ]);
    return {
      json: { account, stake_micro, cooling },
      text: table([account, "LLAMA"], [["staked", inLlama(stake_micro)], ...releases], [1]),
    };
  });
}

/** `flock stake add` */
export function addStake(call: Call<IdOptions>): Promise<Answer> {
  const { args, options, report } = call;
  const amount = typedLlama(args[0] ?? "");
  const { id = randomUUID() } = options;
  return withSession(call, async (api, wallet) => {
    const what = `stake ${inLlama(amount)} LLAMA of ${wallet.id}`;
    const text = `stake ${amount} µLLAMA of account ${wallet.id}, request ${id}`;
    if (!(await report.agreed({ what, text, id }))) return shown(id, text);
    report.state = `it may have been staked; --id ${id} repeats it without a second effect`;
    const done = await api.post("/stakes", { id, amount_micro: String(amount) }, staked);
    return {
      json: done,
      text:
        `staked ${inLlama(amount)} LLAMA (request ${id})\n` +
        `stake now: ${inLlama(done.stake_micro)} LLAMA; available: ${inLlama(done.available_micro)} LLAMA\n`,
    };
  });
}

/** `flock stake remove` */
export async function removeStake(call: Call<IdOptions>): Promise<Answer> {
  const amount = typedLlama(call.args[0] ?? "");
  const { id = randomUUID() } = call.options;
  const wallet = await openWallet(call);
  const api = await apiClientOf(call);
  const request = {
    title: "unstake",
    facts: { id, amount },
    what: `take ${inLlama(amount)} LLAMA out of the stake of ${wallet.id}`,
  } as const;
  const { done, ...handed } = await handIn(call, { api, wallet }, request, unstaked);
  if (done === undefined) return shown(id, "text" in handed ? handed.text : "");
  return {
    json: done,
    text:
      `unstaked ${inLlama(amount)} LLAMA (request ${done.id}), available at ${done.release_at ?? "?"}\n` +
      `stake now: ${inLlama(done.stake_micro)} LLAMA\n`,
  };
}

/** `flock collect` */
export function collect(call: Call<IdOptions>): Promise<Answer> {
  const { args, options, report } = call;
  const typed = args[0] === undefined ? undefined : typedLlama(args[0]);
  const { id = randomUUID() } = options;
  return withSession(call, async (api, wallet) => {
    const amount = typed ?? (await api.get("/account", vested)).vested.available_micro;
    if (amount === 0n)
      return { json: { id: null, amount_micro: amount }, text: "", note: "nothing to collect\n" };
    const what = `collect ${inLlama(amount)} LLAMA of earnings into ${wallet.id}`;
    const text = `collect ${amount} µLLAMA of account ${wallet.id}, request ${id}`;
    if (!(await report.agreed({ what, text, id }))) return shown(id, text);
    report.state = `it may have been collected; --id ${id} repeats it without a second effect`;
    const done = await api.post("/collects", { id, amount_micro: String(amount) }, collected);
    return {
      json: done,
      text:
        `collected ${inLlama(amount)} LLAMA (request ${id})\n` +
        `available now: ${inLlama(done.available_micro)} LLAMA\n`,
    };
  });
}

function shown(id: string, text: string): Answer {
  return { json: { dry_run: true, id, text }, text: `${text}\n`, note: "nothing was sent\n" };
}
