import { FlockError } from "@flock/errors";
import { type Identity, isSlipOf } from "@flock/keys";
import { Command } from "commander";
import { z } from "zod";
import { printing } from "../command.js";
import { findLocalFacts } from "../local-mesh.js";
import type { GlobalOptions } from "../mesh-access.js";
import { apiClientOf } from "../money/api-client.js";
import { inLlama, micro, typedLlama } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { handIn } from "../money/signed-request.js";
import { openWallet } from "../money/wallet-file.js";
import { table } from "../output.js";
import { moreLine, pageQuery } from "../page.js";
import type { Surroundings } from "../surroundings.js";

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

/** `flock deposit`, `flock deposits`, `flock claim`. */
export function depositCommands(surroundings: Surroundings): readonly Command[] {
  return [pay(surroundings), list(surroundings), claim(surroundings)];
}

interface PayOptions {
  readonly send?: string;
  readonly rpcUrl?: string;
}

function pay(surroundings: Surroundings): Command {
  return new Command("deposit")
    .description("how to pay LLAMA into the wallet's account; or pays it in")
    .option("--send <llama>", "sends so much from the wallet, and waits until the chain has finalized it")
    .option("--rpc-url <url>", "Solana RPC to send by, else SOLANA_RPC_URL, else that of the local mesh")
    .action(
      printing<PayOptions>(surroundings, (_args, { send, rpcUrl, ...options }) => {
        const amount = send === undefined ? undefined : typedLlama(send);
        return withSession(options, surroundings, async (api, wallet) => {
          const found = await api.get("/deposit", instructions);
          if (amount === undefined) return { json: found, text: instructionsText(found) };
          const sent = await sendDeposit(found, wallet, amount, rpcUrl, options, surroundings);
          return {
            json: { signature: sent, amount_micro: amount, account: wallet.id },
            text:
              `sent ${inLlama(amount)} LLAMA: ${sent}\n` +
              "It is finalized, and credited in a moment: flock account\n",
          };
        });
      }),
    );
}

function instructionsText(found: Instructions): string {
  const facts = table(
    ["send LLAMA to", found.address],
    [
      ["with the memo", found.memo],
      ["mint", found.mint],
      ["token account", found.token_account],
      ["at least", `${inLlama(found.deposit_min_micro)} LLAMA`],
      ["chain", found.network],
    ],
  );
  return `${facts}\n${found.url}\n`;
}

async function sendDeposit(
  found: Instructions,
  wallet: Identity,
  amount: ReturnType<typeof typedLlama>,
  rpcUrlOption: string | undefined,
  options: GlobalOptions,
  { environment }: Surroundings,
): Promise<string> {
  const local = await findLocalFacts(options.dataDir);
  const rpcUrl = rpcUrlOption || environment["SOLANA_RPC_URL"] || local?.solanaRpcUrl;
  if (rpcUrl === undefined)
    throw new FlockError("failed_precondition", "which chain? name an RPC with --rpc-url or SOLANA_RPC_URL");
  if (amount < found.deposit_min_micro)
    throw new FlockError(
      "invalid_argument",
      `at least ${inLlama(found.deposit_min_micro)} LLAMA are credited`,
    );
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

function list(surroundings: Surroundings): Command {
  return new Command("deposits")
    .description("finalized deposits to the wallet's account, newest first")
    .option("--suspended", "those that the wallet sent and nobody was credited for; see: flock claim")
    .option("--limit <deposits>", "how many, 1 to 500", "20")
    .option("--cursor <cursor>", "where to go on, from the page before", "")
    .action(
      printing<{ suspended?: boolean; limit: string; cursor: string }>(
        surroundings,
        (_args, { suspended, limit, cursor, ...options }) =>
          withSession(options, surroundings, async (api) => {
            const query = `suspended=${suspended ?? false}&${pageQuery({ limit, cursor })}`;
            const found = await api.get(`/deposits?${query}`, deposits);
            const rows = found.deposits.map((each) => [
              each.seen_at?.replace("T", " ").slice(0, 19) ?? "",
              inLlama(each.amount_micro),
              stateText(each),
              each.signature,
            ]);
            const page = table(["time (UTC)", "LLAMA", "state", "transaction"], rows, [1]);
            return {
              json: found,
              text: rows.length === 0 ? "no deposits\n" : page + moreLine(found.next_cursor),
            };
          }),
      ),
    );
}

function stateText({ state, reason, named }: z.output<typeof deposit>): string {
  if (reason === "") return state;
  return reason === "unknown_account" ? `${state}: ${reason} ${named}` : `${state}: ${reason}`;
}

function claim(surroundings: Surroundings): Command {
  return new Command("claim")
    .description(
      "has a deposit that the wallet sent and nobody was credited for credited; signed by the wallet",
    )
    .argument("<signature>", 'of the deposit\'s transaction, from "flock deposits --suspended"')
    .option("--to <account>", "account that is credited, if not the wallet's own")
    .action(
      printing<{ to?: string }>(surroundings, async (args, { to, ...options }) => {
        const wallet = await openWallet(options, surroundings);
        if (to !== undefined && isSlipOf(to, wallet.id))
          throw new FlockError("invalid_argument", `--to: ${to} is not ${wallet.id}: is it misspelt?`);
        const api = await apiClientOf(options, surroundings);
        const facts = { deposit: args[0] ?? "", to: to ?? wallet.id };
        const done = await handIn(api, wallet, { title: "claim", facts }, claimed);
        return { json: done, text: `deposit ${facts.deposit} is credited to ${facts.to}\n` };
      }),
    );
}
