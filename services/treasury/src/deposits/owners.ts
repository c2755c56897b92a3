import { faultOfWalletAddress, isIdentityId, isSlipOf } from "@flock/keys";
import { KEYED_PROGRAMS } from "@flock/solana";
import type { TreasuryAccounts } from "../solana/treasury-accounts.js";
import { hasReference, similarReference } from "../store/references.js";
import type { Treasury } from "../treasury.js";

/**
 * To whose name LLAMA may be put: by a memo, a reference key, a claim, an operator. What is put to a name that nobody
 * has can be spent, claimed and assigned by nobody, so it has to be
 *
 * - a possible wallet's address (whoever has its key can sign in), unless it looks like one that is known and is not;
 * - or an account that has asked for deposit instructions, with an API key or a session of its own;
 * - or an account that the ledger knows. Not if it has the form of an address without a key, though: nobody but a slip
 *   of the pen opens such an account, and the slip may come again.
 *
 * The mint, the treasury's own addresses and Solana's programs are nobody's.
 *
 * @param related - who has to do with it, such as the sender: a name that only looks like one of them is a slip
 * @returns why nobody is known by the name, in words for whoever gave it; undefined: somebody is
 * @throws FlockError `unavailable` while the ledger has to be asked and is away: nothing is known then
 */
export async function faultOfOwner(
  { db, ledger, accounts }: Pick<Treasury, "db" | "ledger" | "accounts">,
  name: string,
  related: readonly string[],
): Promise<string | undefined> {
  const keyed = faultOfKeyedAddress(name, accounts);
  if (keyed !== undefined) return keyed;
  const noWallet = faultOfWalletAddress(name);
  const meant =
    noWallet === undefined
      ? (related.find((other) => isSlipOf(name, other)) ?? (await similarReference(db.kysely, name)))
      : undefined;
  if (noWallet === undefined && meant === undefined) return undefined;
  if (await hasReference(db.kysely, name)) return undefined;
  if (noWallet !== undefined && isIdentityId(name)) return noWallet;
  if (await ledger.ownerExists(name)) return undefined;
  if (meant !== undefined) return `there is no account ${name} yet: was ${meant} meant?`;
  return `there is no account ${name}, and it is no wallet's address`;
}

/** What a name is that could be a wallet's and is none; undefined: none of those that are known. */
function faultOfKeyedAddress(name: string, own: TreasuryAccounts): string | undefined {
  if (name === own.wallet) return `${name} is the treasury itself`;
  if (name === own.tokenAccount) return `${name} is the treasury's token account`;
  if (name === own.mint) return `${name} is the mint of LLAMA`;
  if (KEYED_PROGRAMS.has(name)) return `${name} is a program`;
  return undefined;
}
