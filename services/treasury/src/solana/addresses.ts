import { ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } from "@solana/spl-token";
import { PublicKey, SystemProgram } from "@solana/web3.js";

/** Addresses of the programs that the treasury has to do with, base58. */
export const PROGRAMS = {
  system: SystemProgram.programId.toBase58(),
  token: TOKEN_PROGRAM_ID.toBase58(),
  token2022: TOKEN_2022_PROGRAM_ID.toBase58(),
} as const;

/** Both versions of the Memo program; new memos are written with the second. */
export const MEMO_PROGRAMS: readonly string[] = [
  "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo",
  "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
];
/** Programs whose addresses are those of keys, as a wallet's is: only the chain can tell such a one from a wallet. */
export const KEYED_PROGRAMS: ReadonlySet<string> = new Set([
  PROGRAMS.token,
  PROGRAMS.token2022,
  ASSOCIATED_TOKEN_PROGRAM_ID.toBase58(),
  ...MEMO_PROGRAMS,
]);
export const MEMO_PROGRAM_ID = new PublicKey("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/** The public key of an address, or undefined if the text is none. */
export function publicKeyOf(address: string): PublicKey | undefined {
  // Longer texts would be decoded at length before they are refused.
  if (address.length < 32 || address.length > 44) return undefined;
  try {
    const key = new PublicKey(address);
    return key.toBase58() === address ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The associated token account of a wallet for a mint of the classic token program. Also for addresses off the curve.
 */
export function associatedTokenAccount(wallet: PublicKey, mint: PublicKey): PublicKey {
  const seeds = [wallet.toBuffer(), TOKEN_PROGRAM_ID.toBuffer(), mint.toBuffer()];
  return PublicKey.findProgramAddressSync(seeds, ASSOCIATED_TOKEN_PROGRAM_ID)[0];
}
