import { FlockError } from "@flock/errors";
import { LLAMA_DECIMALS, PROGRAMS } from "@flock/solana";
import { MINT_SIZE, MintLayout } from "@solana/spl-token";
import type { AccountFacts } from "../chain/chain.js";

/** What whoever controls a mint could still do to it. */
export interface MintPowers {
  readonly canMint: boolean;
  readonly canFreeze: boolean;
}

/**
 * Checks that the pinned mint is what the treasury takes it for: a mint of the classic token program (no fees on
 * transfers, no hooks, no permanent delegate) with six decimals.
 * @throws FlockError `failed_precondition` saying what it is instead
 */
export function checkMint(address: string, account: AccountFacts | undefined): MintPowers {
  const refuse = (what: string) => new FlockError("failed_precondition", `the mint ${address} ${what}`);
  if (account === undefined) throw refuse("does not exist on this network");
  if (account.owner === PROGRAMS.token2022)
    throw refuse("is one of Token-2022, not of the classic token program");
  if (account.owner !== PROGRAMS.token || account.data.length !== MINT_SIZE) throw refuse("is not a mint");
  const mint = MintLayout.decode(account.data);
  if (!mint.isInitialized) throw refuse("is not initialised");
  if (mint.decimals !== LLAMA_DECIMALS) throw refuse(`has ${mint.decimals} decimals, not ${LLAMA_DECIMALS}`);
  return { canMint: mint.mintAuthorityOption === 1, canFreeze: mint.freezeAuthorityOption === 1 };
}
