import { type Address, associatedTokenAccount, toAddress } from "@flock/solana";
import type { AccountFacts } from "../chain/chain.js";
import { faultOfAddress, judgeRecipient, type RecipientFinding } from "../solana/recipient.js";
import type { Treasury } from "../treasury.js";

/** Most accounts that one request may ask for. */
const ACCOUNTS_PER_REQUEST = 100;

export interface Recipient {
  readonly wallet: Address;
  readonly tokenAccount: Address;
  readonly isNew: boolean;
}

export type InspectedRecipient =
  | { readonly kind: "payable"; readonly recipient: Recipient }
  | Extract<RecipientFinding, { kind: "unpayable" }>;

/** Looks at the chain whether, and how, these addresses can be paid. One answer per address. */
export async function inspectRecipients(
  treasury: Treasury,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, InspectedRecipient>> {
  const { mint, wallet: ours } = treasury.accounts;
  const findings = new Map<string, InspectedRecipient>();
  const toAsk = new Map<string, Omit<Recipient, "isNew">>();
  for (const address of new Set(addresses)) {
    const fault = faultOfAddress(address, ours);
    if (fault !== undefined) {
      findings.set(address, { kind: "unpayable", reason: fault });
      continue;
    }
    const wallet = toAddress(address);
    toAsk.set(address, { wallet, tokenAccount: associatedTokenAccount(wallet, mint) });
  }
  const facts = await accountFacts(
    treasury,
    [...toAsk].flatMap(([address, { tokenAccount }]) => [address, tokenAccount]),
  );
  for (const [address, keys] of toAsk) {
    const finding = judgeRecipient(address, facts.get(address), facts.get(keys.tokenAccount), mint);
    const recipient = { ...keys, isNew: finding.kind === "payable" && finding.isNew };
    findings.set(address, finding.kind === "payable" ? { kind: "payable", recipient } : finding);
  }
  return findings;
}

async function accountFacts(
  treasury: Treasury,
  addresses: readonly string[],
): Promise<Map<string, AccountFacts | undefined>> {
  const facts = new Map<string, AccountFacts | undefined>();
  for (let from = 0; from < addresses.length; from += ACCOUNTS_PER_REQUEST) {
    const page = addresses.slice(from, from + ACCOUNTS_PER_REQUEST);
    const found = await treasury.endpoints.any((chain) => chain.accounts(page));
    for (const [index, address] of page.entries()) facts.set(address, found[index]);
  }
  return facts;
}
