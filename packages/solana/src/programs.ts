import { ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } from "@solana/spl-token";
import { SystemProgram } from "@solana/web3.js";
import { type Address, addressOf, toAddress } from "./address.js";

/** The programs that LLAMA has to do with. It is a token of the classic token program, never of the other one. */
export const PROGRAMS = {
  system: addressOf(SystemProgram.programId),
  token: addressOf(TOKEN_PROGRAM_ID),
  token2022: addressOf(TOKEN_2022_PROGRAM_ID),
  associatedToken: addressOf(ASSOCIATED_TOKEN_PROGRAM_ID),
  memo: toAddress("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"),
  /** What it was before; memos are read from both, and written with the other. */
  firstMemo: toAddress("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"),
} as const;

/** Accounts of the second look like those of the first, and are not LLAMA. */
export const TOKEN_PROGRAMS: readonly string[] = [PROGRAMS.token, PROGRAMS.token2022];
export const MEMO_PROGRAMS: readonly string[] = [PROGRAMS.memo, PROGRAMS.firstMemo];

/** Programs whose addresses are those of keys, as a wallet's is: only the chain can tell such a one from a wallet. */
export const KEYED_PROGRAMS: ReadonlySet<string> = new Set<Address>([
  PROGRAMS.token,
  PROGRAMS.token2022,
  PROGRAMS.associatedToken,
  PROGRAMS.memo,
  PROGRAMS.firstMemo,
]);
