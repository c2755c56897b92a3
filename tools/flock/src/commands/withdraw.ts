import { FlockError } from "@flock/errors";
import { faultOfWalletAddress, isSlipOf } from "@flock/keys";
import { delay } from "@flock/mesh";
import { Command } from "commander";
import { z } from "zod";
import { printing } from "../command.js";
import { type ApiClient, apiClientOf } from "../money/api-client.js";
import { inLlama, micro, typedLlama } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { handIn } from "../money/signed-request.js";
import { openWallet } from "../money/wallet-file.js";
import { table } from "../output.js";
import { moreLine, pageQuery } from "../page.js";
import type { Surroundings } from "../surroundings.js";

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

/** `flock withdraw`, `flock withdrawals`. */
export function withdrawCommands(surroundings: Surroundings): readonly Command[] {
  return [withdraw(surroundings), list(surroundings)];
}

function withdraw(surroundings: Surroundings): Command {
  return new Command("withdraw")
    .description("pays LLAMA of the wallet's account out on chain; signed by the wallet")
    .argument("<llama>", 'amount, such as "25" or "0.5"')
    .option("--to <address>", "wallet that is paid, if not this one")
    .option("--wait", "until it is paid")
    .action(
      printing<{ to?: string; wait?: boolean }>(surroundings, async (args, { to, wait, ...options }) => {
        const amount = typedLlama(args[0] ?? "");
        const fault = to === undefined ? undefined : faultOfWalletAddress(to);
        if (fault !== undefined)
          throw new FlockError("invalid_argument", `--to ${to}: a wallet's address is needed: ${fault}`);
        const wallet = await openWallet(options, surroundings);
        if (to !== undefined && isSlipOf(to, wallet.id))
          throw new FlockError("invalid_argument", `--to: ${to} is not ${wallet.id}: is it misspelt?`);
        const api = await apiClientOf(options, surroundings);
        const facts = { amount, to: to ?? wallet.id };
        let { withdrawal: found } = await handIn(api, wallet, { title: "withdrawal", facts }, oneWithdrawal);
        if (wait)
          found = await withSession(options, surroundings, (session) => untilFinal(session, found.id));
        const outcome = found.signature === null ? found.state : `${found.state} by ${found.signature}`;
        const reason = found.reason === "" ? "" : `: ${found.reason}`;
        return {
          json: found,
          text:
            `withdrawal ${found.id}: ${inLlama(found.amount_micro)} LLAMA to ${found.recipient}\n` +
            `${outcome}${reason}\n`,
        };
      }),
    );
}

async function untilFinal(api: ApiClient, id: string): Promise<z.output<typeof withdrawal>> {
  const giveUpAtMs = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const { withdrawal: found } = await api.get(`/withdrawals/${id}`, oneWithdrawal);
    if (found.is_final) return found;
    if (performance.now() > giveUpAtMs)
      throw new FlockError(
        "deadline_exceeded",
        `withdrawal ${id} is still ${found.state}: "flock withdrawals" tells what becomes of it`,
      );
    await delay(POLL_MS);
  }
}

function list(surroundings: Surroundings): Command {
  return new Command("withdrawals")
    .description("payouts of the wallet's account, newest first")
    .option("--vested", "those of its worker's earnings")
    .option("--limit <withdrawals>", "how many, 1 to 500", "20")
    .option("--cursor <cursor>", "where to go on, from the page before", "")
    .action(
      printing<{ vested?: boolean; limit: string; cursor: string }>(
        surroundings,
        (_args, { vested, limit, cursor, ...options }) =>
          withSession(options, surroundings, async (api) => {
            const account = vested ? "vested" : "wallet";
            const query = `account=${account}&${pageQuery({ limit, cursor })}`;
            const found = await api.get(`/withdrawals?${query}`, withdrawals);
            const rows = found.withdrawals.map((each) => [
              each.created_at?.replace("T", " ").slice(0, 19) ?? "",
              inLlama(each.amount_micro),
              each.state,
              each.recipient,
              each.signature ?? each.reason,
            ]);
            const page = table(["time (UTC)", "LLAMA", "state", "to", "transaction"], rows, [1]);
            return {
              json: found,
              text: rows.length === 0 ? "no withdrawals\n" : page + moreLine(found.next_cursor),
            };
          }),
      ),
    );
}
