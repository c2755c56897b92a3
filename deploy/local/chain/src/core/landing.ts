import { base58 } from "@scure/base";
import { AddressLookupTableAccount } from "@solana/web3.js";
import type { AccountImage, Execution, Vm } from "../vm/vm.js";
import { isSameAccount, storeAccount } from "./account-codec.js";
import { addressBytes, addressText } from "./address.js";
import { memoOf } from "./memo.js";
import { tokenStateOf, uiTokenAmount } from "./token-account.js";
import type { Landing, StoredChange, TokenBalance, TransactionMeta } from "./transaction-record.js";
import { isWritable, type LoadedAddresses, lookupsOf, type WireTransaction } from "./wire-transaction.js";

/** An account that a transaction names, before and after it. */
interface Touched {
  readonly address: string;
  readonly before: AccountImage | null;
  readonly after: AccountImage | null;
}

/** What became of a transaction: a landing with the accounts that it changed, or why no block may contain it. */
export type ExecutionOutcome =
  | { readonly kind: "landed"; readonly landing: Landing; readonly changed: readonly Touched[] }
  | { readonly kind: "refused"; readonly execution: Execution };

/**
 * Executes a transaction and records it as a validator would. A failed one lands too if its fee was charged, which is
 * the validators' own distinction: one that never reached its programs is in no block.
 */
export function executeAndRecord(
  vm: Vm,
  tx: WireTransaction,
  block: { readonly slot: number; readonly blockTime: number },
): ExecutionOutcome {
  const loaded = loadedAddresses(vm, tx);
  const addresses = [...tx.staticKeys, ...loaded.writable, ...loaded.readonly];
  const keys = addresses.map(addressBytes);
  const before = keys.map((key) => vm.account(key));
  const execution = vm.execute(tx.wire);
  const touched = addresses.map((address, index): Touched => {
    const earlier = before[index] ?? null;
    const key = keys[index];
    const after = key !== undefined && isWritable(tx.message, index, loaded) ? vm.account(key) : earlier;
    return { address, before: earlier, after };
  });
  const fee = sum(touched, "before") - sum(touched, "after");
  if (execution.error !== null && fee === 0n) return { kind: "refused", execution };
  const changed = touched.filter(({ before, after }) => !isSameAccount(before, after));
  const changes = changed.map(
    ({ address, before, after }): StoredChange => [address, storeAccount(before), storeAccount(after)],
  );
  const record = {
    signature: tx.signature,
    ...block,
    version: tx.version,
    wire: Buffer.from(tx.wire).toString("base64"),
    memo: memoOf(tx.message),
    messageHash: tx.messageHash,
    addresses,
    meta: metaOf(vm, touched, execution, Number(fee), loaded),
  };
  return { kind: "landed", landing: { kind: "landed", record, changes }, changed };
}

/** Lamports leave a transaction's accounts only as its fee. */
function sum(touched: readonly Touched[], side: "before" | "after"): bigint {
  return touched.reduce((total, account) => total + (account[side]?.lamports ?? 0n), 0n);
}

/** The addresses behind a transaction's lookups; those that a missing or short table leaves out make it fail anyway. */
export function loadedAddresses(vm: Vm, tx: WireTransaction): LoadedAddresses {
  const writable: string[] = [];
  const readonly: string[] = [];
  for (const { accountKey, writableIndexes, readonlyIndexes } of lookupsOf(tx.message)) {
    const table = lookupTable(vm.account(accountKey.toBytes()));
    const at = (index: number) => table[index] ?? [];
    writable.push(...writableIndexes.flatMap(at));
    readonly.push(...readonlyIndexes.flatMap(at));
  }
  return { writable, readonly };
}

function lookupTable(account: AccountImage | null): string[] {
  if (account === null) return [];
  try {
    return AddressLookupTableAccount.deserialize(account.data).addresses.map((key) =>
      addressText(key.toBytes()),
    );
  } catch {
    return []; // Not a lookup table: the machine says so.
  }
}

function metaOf(
  vm: Vm,
  touched: readonly Touched[],
  execution: Execution,
  fee: number,
  loadedAddresses: LoadedAddresses,
): TransactionMeta {
  const { returnData } = execution;
  return {
    err: execution.error,
    fee,
    preBalances: touched.map(({ before }) => Number(before?.lamports ?? 0n)),
    postBalances: touched.map(({ after }) => Number(after?.lamports ?? 0n)),
    preTokenBalances: tokenBalances(vm, touched, "before"),
    postTokenBalances: tokenBalances(vm, touched, "after"),
    innerInstructions: innerInstructionsOf(execution),
    logMessages: [...execution.logs],
    loadedAddresses: { writable: [...loadedAddresses.writable], readonly: [...loadedAddresses.readonly] },
    computeUnitsConsumed: Number(execution.unitsConsumed),
    ...(returnData === null ? {} : { returnData: returnDataOf(returnData) }),
  };
}

/** A program's return value in RPC form. */
export function returnDataOf(returnData: NonNullable<Execution["returnData"]>) {
  const data: [string, "base64"] = [Buffer.from(returnData.data).toString("base64"), "base64"];
  return { programId: addressText(returnData.programId), data };
}

/** What programs called, in RPC form: by outer instruction, without those that called nothing. */
export function innerInstructionsOf(execution: Execution): TransactionMeta["innerInstructions"] {
  return execution.calls.flatMap((calls, index) => {
    if (calls.length === 0) return [];
    const instructions = calls.map(({ programIdIndex, accounts, data, stackHeight }) => {
      return { programIdIndex, accounts: [...accounts], data: base58.encode(data), stackHeight };
    });
    return [{ index, instructions }];
  });
}

function tokenBalances(vm: Vm, touched: readonly Touched[], side: "before" | "after"): TokenBalance[] {
  return touched.flatMap((account, accountIndex) => {
    const state = tokenStateOf(account[side]);
    if (state?.type !== "account") return [];
    const { mint, owner, amount, program } = state;
    const decimals = decimalsOf(vm, mint);
    if (decimals === undefined) return [];
    const shown = uiTokenAmount(amount, decimals);
    // A validator stores the float, and reads a stored 0 as "none".
    const uiAmount = amount === 0n ? null : shown.uiAmount;
    return [{ accountIndex, mint, owner, programId: program, uiTokenAmount: { ...shown, uiAmount } }];
  });
}

function decimalsOf(vm: Vm, mint: string): number | undefined {
  const state = tokenStateOf(vm.account(addressBytes(mint)));
  return state?.type === "mint" ? state.decimals : undefined;
}
