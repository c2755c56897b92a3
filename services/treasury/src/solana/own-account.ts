import { addressOf, PROGRAMS } from "@flock/solana";
import { ACCOUNT_SIZE, AccountLayout, AccountState } from "@solana/spl-token";
import type { AccountFacts } from "../chain/chain.js";
import type { TreasuryAccounts } from "./treasury-accounts.js";

/**
 * Why nothing can be paid out of the treasury's own token account, whatever it holds; undefined: nothing speaks against
 * it. Each of these takes the treasury's key, or an authority to freeze, which LLAMA's mint has not.
 */
export function faultOfOwnAccount(
  account: AccountFacts | undefined,
  { wallet, tokenAccount }: TreasuryAccounts,
): string | undefined {
  const name = `the treasury's token account ${tokenAccount}`;
  // Somebody may send SOL to an address at which there is nothing.
  if (account === undefined || account.owner === PROGRAMS.system) return `${name} does not exist`;
  if (account.owner !== PROGRAMS.token || account.data.length !== ACCOUNT_SIZE)
    return `${name} is not one of the classic token program`;
  const decoded = AccountLayout.decode(account.data);
  const owner = addressOf(decoded.owner);
  if (owner !== wallet) return `${name} was given to ${owner}`;
  if (decoded.state === AccountState.Frozen) return `${name} is frozen`;
  return undefined;
}
