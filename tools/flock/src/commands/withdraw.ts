import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import { faultOfWalletAddress, isSlipOf } from "@flock/keys";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { type ApiClient, apiClientOf } from "../money/api-client.js";
import { inLlama, micro, typedLlama } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { handIn } from "../money/signed-request.js";
import { openWallet } from "../money/wallet-file.js";
import { timeOf } from "../output/format.js";
import { listed, type PageOptions, pageQuery } from "../output/page.js";

const POLL_MS = 500;
const WAIT_MS_MAX = 300_000;

const withdrawal = z.looseObject({
  id: z.string(),
  recipient: z.string(),
  amount_micro: micro,
  state: z.string(),
  is_final: z.boolean(),
  signature: z.string().nullable(),
  reason: z.string(),
  created_at: z.string().nullable(),
});
const oneWithdrawal = z.looseObject({ withdrawal });
const withdrawals = z.looseObject({
  withdrawals: z.array(withdrawal),
  next_cursor: z.string().nullable(),
});

interface WithdrawOptions {
  readonly to?: string;
  readonly wait?: boolean;
  readonly id?: string;
}

/** `flock withdraw` */
export async function withdraw(call: Call<WithdrawOptions>): Promise<Answer> {
  const { args, options, report } = call;
  const amount = typedLlama(args[0] ?? "");
  const { to, wait, id = randomUUID() } = options;
  const fault = to === undefined ? undefined : faultOfWalletAddress(to);
  if (fault !== undefined)
    throw new FlockError("invalid_argument", `--to ${to}: a wallet's address is needed: ${fault}`);
  const wallet = await openWallet(call);
  if (to !== undefined && isSlipOf(to, wallet.id))
    throw new FlockError("invalid_argument", `--to: ${to} is not ${wallet.id}: is it misspelt?`);
  const api = await apiClientOf(call);
  const recipient = to ?? wallet.id;
  const request = {
    title: "withdrawal",
    facts: { id, amount, to: recipient },
    what: `withdraw ${inLlama(amount)} LLAMA to ${recipient}`,
  } as const;
  const handed = await handIn(call, { api, wallet }, request, oneWithdrawal);
  if (handed.done === undefined)
    return {
      json: { dry_run: true, id, text: handed.text },
      text: `${handed.text}\n`,
      note: "nothing was sent\n",
    };
  let { withdrawal: found } = handed.done;
  report.state = `withdrawal ${found.id} goes on: flock withdraw list tells what becomes of it`;
  if (wait) found = await withSession(call, (session) => untilFinal(session, found.id, call));
  const outcome = found.signature === null ? found.state : `${found.state} by ${found.signature}`;
  const reason = found.reason === "" ? "" : `: ${found.reason}`;
  return {
    json: found,
    text:
      `withdrawal ${found.id}: ${inLlama(found.amount_micro)} LLAMA to ${found.recipient}\n` +
      `${outcome}${reason}\n`,
  };
}

function untilFinal(api: ApiClient, id: string, { report }: Call): Promise<z.output<typeof withdrawal>> {
  const giveUpAtMs = performance.now() + WAIT_MS_MAX;
  return report.during(`waiting for withdrawal ${id}`, async (tell) => {
    for (;;) {
      const { withdrawal: found } = await api.get(`/withdrawals/${id}`, oneWithdrawal);
      if (found.is_final) return found;
      tell(found.state);
      if (performance.now() > giveUpAtMs)
        throw new FlockError(
          "deadline_exceeded",
          `withdrawal ${id} is still ${found.state}: "flock withdraw list" tells what becomes of it`,
        );
      await delay(POLL_MS);
    }
  });
}

/** `flock withdraw list` */
export function listWithdrawals(call: Call<PageOptions & { readonly vested?: boolean }>): Promise<Answer> {
  const account = call.options.vested ? "vested" : "wallet";
  const query = `account=${account}&${pageQuery(call.options)}`;
  return withSession(call, async (api) => {
    const found = await api.get(`/withdrawals?${query}`, withdrawals);
    return listed({
      json: found,
      head: ["time (UTC)", "LLAMA", "state", "to", "transaction"],
      rows: found.withdrawals.map((each) => [
        timeOf(each.created_at),
        inLlama(each.amount_micro),
        each.state,
        each.recipient,
        each.signature ?? each.reason,
      ]),
      right: [1],
      none: "no withdrawals",
      nextCursor: found.next_cursor,
    });
  });
}
