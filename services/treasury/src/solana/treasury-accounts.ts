import { type Address, associatedTokenAccount } from "@flock/solana";

/** The treasury's addresses. */
export interface TreasuryAccounts {
  /** Owner of the token account, and payer of all fees. */
  readonly wallet: Address;
  readonly mint: Address;
  readonly tokenAccount: Address;
}

export function treasuryAccounts(wallet: Address, mint: Address): TreasuryAccounts {
  return { wallet, mint, tokenAccount: associatedTokenAccount(wallet, mint) };
}
