import { PublicKey, TransactionInstruction } from "@solana/web3.js";
import type { Address } from "./address.js";
import { PROGRAMS } from "./programs.js";

const MEMO_PROGRAM = new PublicKey(PROGRAMS.memo);

/**
 * Writes a memo into a transaction.
 * @param signer - signs the transaction, and so the memo; default: nobody need have signed it
 */
export function memoInstruction(text: string, signer?: Address): TransactionInstruction {
  const keys =
    signer === undefined ? [] : [{ pubkey: new PublicKey(signer), isSigner: true, isWritable: false }];
  return new TransactionInstruction({ programId: MEMO_PROGRAM, keys, data: Buffer.from(text, "utf8") });
}
