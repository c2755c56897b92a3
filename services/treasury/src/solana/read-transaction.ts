import { addressOf, MEMO_PROGRAMS, PROGRAMS } from "@flock/solana";
import { base58 } from "@scure/base";
import type { ConfirmedTransactionMeta, TokenBalance, VersionedTransactionResponse } from "@solana/web3.js";
import type { ChainTransaction } from "../domain/movement.js";
import type { TreasuryAccounts } from "./treasury-accounts.js";

/** Of the treasury's addresses. */
type WatchedAccount = Pick<TreasuryAccounts, "tokenAccount" | "mint">;

/** First byte of the token program's instructions that mint. */
const MINT_TO = 7;
const MINT_TO_CHECKED = 14;

interface PlainInstruction {
  readonly program: string;
  readonly accounts: readonly string[];
  readonly data: Uint8Array;
}

/**
 * What a finalized transaction did to the treasury's token account. Amounts come from the balances before and after, so
 * that transfers made by other programs count as well, and are read only for the pinned mint under the classic token
 * program: a look-alike mint, or one of Token-2022, moves nothing.
 */
export function readChainTransaction(
  signature: string,
  response: VersionedTransactionResponse,
  watched: WatchedAccount,
): ChainTransaction {
  const { meta, transaction, slot } = response;
  const { message } = transaction;
  const keys = message
    .getAccountKeys({ accountKeysFromLookups: meta?.loadedAddresses ?? null })
    .keySegments()
    .flat()
    .map(addressOf);
  const instructions = plainInstructions(response, keys);
  const index = keys.indexOf(watched.tokenAccount);
  const isFailed = meta === null || meta.err !== null;
  return {
    signature,
    slot: BigInt(slot),
    error: isFailed ? JSON.stringify(meta?.err ?? "no record of its outcome") : undefined,
    delta: isFailed ? 0n : deltaOf(meta, index, watched),
    isMint: instructions.some(
      ({ program, accounts, data }) =>
        program === PROGRAMS.token &&
        (data[0] === MINT_TO || data[0] === MINT_TO_CHECKED) &&
        accounts[0] === watched.mint &&
        accounts[1] === watched.tokenAccount,
    ),
    memos: instructions
      .filter(({ program }) => MEMO_PROGRAMS.includes(program))
      .map(({ data }) => Buffer.from(data).toString("utf8")),
    signers: keys.slice(0, message.header.numRequiredSignatures),
    accountKeys: keys,
    senders: isFailed ? [] : sendersOf(meta, index, watched),
  };
}

function plainInstructions(
  response: VersionedTransactionResponse,
  keys: readonly string[],
): PlainInstruction[] {
  const name = (index: number): string => keys[index] ?? "";
  const top = response.transaction.message.compiledInstructions.map((instruction) => ({
    program: name(instruction.programIdIndex),
    accounts: instruction.accountKeyIndexes.map(name),
    data: instruction.data,
  }));
  const inner = (response.meta?.innerInstructions ?? []).flatMap(({ instructions }) =>
    instructions.map((instruction) => ({
      program: name(instruction.programIdIndex),
      accounts: instruction.accounts.map(name),
      data: base58.decode(instruction.data),
    })),
  );
  return [...top, ...inner];
}

function isOurMint(balance: TokenBalance, watched: WatchedAccount): boolean {
  return balance.mint === watched.mint && (balance.programId ?? PROGRAMS.token) === PROGRAMS.token;
}

function amountAt(
  balances: readonly TokenBalance[] | null | undefined,
  index: number,
  watched: WatchedAccount,
): bigint {
  const found = balances?.find((balance) => balance.accountIndex === index && isOurMint(balance, watched));
  return found === undefined ? 0n : BigInt(found.uiTokenAmount.amount);
}

function deltaOf(meta: ConfirmedTransactionMeta, index: number, watched: WatchedAccount): bigint {
  return amountAt(meta.postTokenBalances, index, watched) - amountAt(meta.preTokenBalances, index, watched);
}

/** Owners of the mint's other token accounts that hold less than before. */
function sendersOf(meta: ConfirmedTransactionMeta, treasury: number, watched: WatchedAccount): string[] {
  const before = (meta.preTokenBalances ?? []).filter((balance) => isOurMint(balance, watched));
  const losers = before.filter(
    ({ accountIndex }) => accountIndex !== treasury && deltaOf(meta, accountIndex, watched) < 0n,
  );
  return [...new Set(losers.map(({ owner }) => owner ?? ""))];
}
