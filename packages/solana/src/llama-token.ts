import { ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_PROGRAM_ID } from "@solana/spl-token";
import { PublicKey } from "@solana/web3.js";
import { type Address, addressOf } from "./address.js";

/** LLAMA's mint has six decimals, so that a unit of the mint is a µLLAMA. */
export const LLAMA_DECIMALS = 6;

/**
 * The associated token account of a wallet for a mint of the classic token program. Also for addresses off the curve.
 * Deriving it takes a good millisecond.
 */
export function associatedTokenAccount(wallet: Address, mint: Address): Address {
  const seeds = [new PublicKey(wallet), TOKEN_PROGRAM_ID, new PublicKey(mint)].map((key) => key.toBuffer());
  return addressOf(PublicKey.findProgramAddressSync(seeds, ASSOCIATED_TOKEN_PROGRAM_ID)[0]);
}
