import { FlockError } from "@flock/errors";
import { type Identity, isSlipOf } from "@flock/keys";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { apiClientOf } from "../money/api-client.js";
import { inLlama, micro, typedLlama } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { handIn } from "../money/signed-request.js";
import { openWallet } from "../money/wallet-file.js";
import { timeOf } from "../output/format.js";
import { listed, type PageOptions, pageQuery } from "../output/page.js";
import { facts, type Text } from "../output/sheet.js";
import { placesOf } from "../places/places.js";

const instructions = z.looseObject({
  network: z.string(),
  mint: z.string(),
  address: z.string(),
  token_account: z.string(),
  memo: z.string(),
  url: z.string(),
  deposit_min_micro: micro,
});
type Instructions = z.output<typeof instructions>;

const deposit = z.looseObject({
  signature: z.string(),
  amount_micro: micro,
  state: z.string(),
  account: z.string().nullable(),
  reason: z.string(),
  named: z.string().optional(),
  seen_at: z.string().nullable(),
});
const deposits = z.looseObject({ deposits: z.array(deposit), next_cursor: z.string().nullable() });
const claimed = z.looseObject({ deposit: deposit.nullable() });

/** `flock deposit` */
export function showInstructions(call: Call): Promise<Answer> {
  return withSession(call, async (api) => {
    const found = await api.get("/deposit", instructions);
    return { json: found, text: instructionsText(found) };
  });
}

/** `flock deposit send` */
export function sendDeposit(call: Call<{ readonly rpcUrl?: string }>): Promise<Answer> {
  const { args, options, surroundings, report } = call;
  const amount = typedLlama(args[0] ?? "");
  return withSession(call, async (api, wallet) => {
    const found = await api.get("/deposit", instructions);
    const { local } = await placesOf(call);
    const rpcUrl = options.rpcUrl || surroundings.environment["SOLANA_RPC_URL"] || local?.solanaRpcUrl;
    if (rpcUrl === undefined)
      throw new FlockError(
        "failed_precondition",
        "which chain? name an RPC with --rpc-url or SOLANA_RPC_URL",
      );
    if (amount < found.deposit_min_micro)
      throw new FlockError(
        "invalid_argument",
        `at least ${inLlama(found.deposit_min_micro)} LLAMA are credited`,
      );
    const text = transferText(found, wallet.id, inLlama(amount));
    if (!(await report.agreed({ what: `send ${inLlama(amount)} LLAMA from ${wallet.id}`, text })))
      return { json: { dry_run: true, text }, text: `${text}\n`, note: "nothing was sent\n" };
    report.state = "the transaction may have been sent: look at the wallet on chain before you repeat it";
    const signature = await report.during("waiting until the chain has finalized it", () =>
      paidIn(found, wallet, amount, rpcUrl),
    );
    return {
      json: { signature, amount_micro: amount, account: wallet.id },
      text: `sent ${inLlama(amount)} LLAMA: ${signature}\n`,
      note: "It is finalized, and credited in a moment: flock balance\n",
    };
  });
}

/** What the transaction does, as a wallet would show it. */
function transferText(found: Instructions, from: string, amount: string): string {
  return [
    `transfer ${amount} LLAMA`,
    `from wallet: ${from}`,
    `to token account: ${found.token_account} of ${found.address}`,
    `memo: ${found.memo}`,
    `mint: ${found.mint}`,
    `chain: ${found.network}`,
  ].join("\n");
}

async function paidIn(
  found: Instructions,
  wallet: Identity,
  amount: ReturnType<typeof typedLlama>,
  rpcUrl: string,
): Promise<string> {
  // Loaded when needed: the Solana libraries take longer to load than most commands take in all.
  const { sendTokens } = await import("@flock/solana");
  return sendTokens({
    rpcUrl,
    genesisHash: found.network,
    wallet,
    mint: found.mint,
    recipient: found.address,
    tokenAccount: found.token_account,
    memo: found.memo,
    amount,
  });
}

function instructionsText(found: Instructions): Text {
  return facts([
    ["send LLAMA to", found.address],
    ["with the memo", found.memo],
    ["mint", found.mint],
    ["token account", found.token_account],
    ["at least", `${inLlama(found.deposit_min_micro)} LLAMA`],
    ["chain", found.network],
    ["Solana Pay", found.url],
  ]);
}

/** `flock deposit list` */
export function listDeposits(call: Call<PageOptions & { readonly suspended?: boolean }>): Promise<Answer> {
  const query = `suspended=${call.options.suspended ?? false}&${pageQuery(call.options)}`;
  return withSession(call, async (api) => {
    const found = await api.get(`/deposits?${query}`, deposits);
    return listed({
      json: found,
      head: ["time (UTC)", "LLAMA", "state", "transaction"],
      rows: found.deposits.map((each) => [
        timeOf(each.seen_at),
        inLlama(each.amount_micro),
        stateText(each),
        each.signature,
      ]),
      right: [1],
      none: "no deposits",
      nextCursor: found.next_cursor,
    });
  });
}

function stateText({ state, reason, named }: z.output<typeof deposit>): string {
  if (reason === "") return state;
  return reason === "unknown_account" ? `${state}: ${reason} ${named}` : `${state}: ${reason}`;
}

/** `flock deposit claim` */
export async function claimDeposit(call: Call<{ readonly to?: string }>): Promise<Answer> {
  const { args, options } = call;
  const { to } = options;
  const wallet = await openWallet(call);
  if (to !== undefined && isSlipOf(to, wallet.id))
    throw new FlockError("invalid_argument", `--to: ${to} is not ${wallet.id}: is it misspelt?`);
  const api = await apiClientOf(call);
  const order = { deposit: args[0] ?? "", to: to ?? wallet.id };
  const request = {
    title: "claim",
    facts: order,
    what: `have deposit ${order.deposit} credited to ${order.to}`,
  } as const;
  const handed = await handIn(call, { api, wallet }, request, claimed);
  if (handed.done === undefined)
    return {
      json: { dry_run: true, text: handed.text },
      text: `${handed.text}\n`,
      note: "nothing was sent\n",
    };
  return { json: handed.done, text: `deposit ${order.deposit} is credited to ${order.to}\n` };
}
