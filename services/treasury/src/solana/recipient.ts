import { faultOfWalletAddress } from "@flock/keys";
import { type Address, addressOf, PROGRAMS } from "@flock/solana";
import { ACCOUNT_SIZE, AccountLayout, AccountState, MINT_SIZE } from "@solana/spl-token";
import type { AccountFacts } from "../chain/chain.js";

/*
 * Whether a recipient can be paid. Checked before anything is reserved, so that a mistake costs nothing, and again
 * before each batch, because accounts change.
 */

export type RecipientFinding =
  /** `isNew`: its token account does not exist, the batch makes it. */
  | { readonly kind: "payable"; readonly isNew: boolean }
  /** `reason`: in words for whoever asked for the payout. */
  | { readonly kind: "unpayable"; readonly reason: string };

/** What can be said of an address without asking the chain; undefined: nothing is wrong. */
export function faultOfAddress(address: string, treasury: Address): string | undefined {
  if (address === treasury) return `${address} is the treasury itself`;
  return faultOfWalletAddress(address);
}

/**
 * @param wallet - what is at the address itself
 * @param token - what is at its associated token account
 */
export function judgeRecipient(
  address: string,
  wallet: AccountFacts | undefined,
  token: AccountFacts | undefined,
  mint: Address,
): RecipientFinding {
  const unpayable = (reason: string): RecipientFinding => ({ kind: "unpayable", reason });
  const wrong = faultOfWallet(address, wallet, mint);
  if (wrong !== undefined) return unpayable(wrong);
  if (token === undefined || token.owner === PROGRAMS.system) return { kind: "payable", isNew: true };
  if (token.owner !== PROGRAMS.token || token.data.length !== ACCOUNT_SIZE)
    return unpayable(`the token account of ${address} is not one of the classic token program`);
  const account = AccountLayout.decode(token.data);
  if (account.state === AccountState.Frozen) return unpayable(`the token account of ${address} is frozen`);
  if (addressOf(account.mint) !== mint)
    return unpayable(`the token account of ${address} is for another mint`);
  const owner = addressOf(account.owner);
  if (owner !== address) return unpayable(`the token account of ${address} was given to ${owner}`);
  return { kind: "payable", isNew: false };
}

function faultOfWallet(address: string, wallet: AccountFacts | undefined, mint: Address): string | undefined {
  if (wallet === undefined) return undefined;
  if (wallet.isExecutable) return `${address} is a program`;
  // A wallet is a bare address with SOL. What has data is an account that a program keeps, whose key was used once, to
  // make it: a nonce, a stake, a vote account, a sysvar.
  if (wallet.owner === PROGRAMS.system)
    return wallet.data.length === 0 ? undefined : `${address} is a nonce account, not a wallet`;
  if (wallet.owner === PROGRAMS.token2022)
    return `${address} belongs to Token-2022: LLAMA is a token of the classic token program`;
  if (wallet.owner !== PROGRAMS.token)
    return `${address} is an account of the program ${wallet.owner}, not a wallet`;
  if (wallet.data.length === MINT_SIZE) return `${address} is a mint`;
  if (wallet.data.length === ACCOUNT_SIZE && addressOf(AccountLayout.decode(wallet.data).mint) !== mint)
    return `${address} is a token account, of another mint`;
  return `${address} is a token account: give the address of the wallet that owns it`;
}
