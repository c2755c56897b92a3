import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { inLlama, micro } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { timeOf } from "../output/format.js";
import { listed, type PageOptions, pageQuery } from "../output/page.js";
import { type Text, table } from "../output/sheet.js";

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

const statement = z.looseObject({
  transfers: z.array(
    z.looseObject({
      id: z.string(),
      kind: z.string(),
      debit: z.string(),
      credit: z.string(),
      amount_micro: micro,
      business_id: z.string(),
      created_at: z.string().nullable(),
    }),
  ),
  next_cursor: z.string().nullable(),
});

/** `flock balance` */
export function showBalance(call: Call): Promise<Answer> {
  return withSession(call, async (api) => {
    const found = await api.get("/account", account);
    return { json: found, text: accountText(found) };
  });
}

/** `flock statement` */
export function showStatement(call: Call<PageOptions & { readonly of: string }>): Promise<Answer> {
  const query = `account=${call.options.of}&${pageQuery(call.options)}`;
  return withSession(call, async (api, wallet) => {
    const found = await api.get(`/statement?${query}`, statement);
    const own = `${call.options.of}:${wallet.id}`;
    return listed({
      json: found,
      head: ["time (UTC)", "kind", "LLAMA", "with", "for"],
      rows: found.transfers.map(({ created_at, kind, debit, credit, amount_micro, business_id }) => [
        timeOf(created_at),
        kind,
        `${credit === own ? "" : "-"}${inLlama(amount_micro)}`,
        credit === own ? debit : credit,
        business_id,
      ]),
      right: [2],
      none: `no transfers of ${own}`,
      nextCursor: found.next_cursor,
    });
  });
}

function accountText(found: z.output<typeof account>): Text {
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
  return [
    table([found.account, "LLAMA"], rows, [1]),
    `\ntier ${tier.level}: ${tier.requests_per_minute} requests a minute, ${tier.concurrency} at once\n`,
  ];
}
