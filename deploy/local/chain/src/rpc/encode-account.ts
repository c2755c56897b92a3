import { base58 } from "@scure/base";
import { type TokenState, tokenStateOf, uiTokenAmount } from "../core/token-account.js";
import type { AccountImage } from "../vm/vm.js";
import type { AccountEncoding } from "./params.js";
import { RPC_CODES, RpcError } from "./rpc-error.js";

const BASE58_BYTES_MAX = 128;

/** How a mint's decimals are found when a token account is shown. */
export type DecimalsOf = (mint: string) => number | undefined;

export interface AccountEncodingOptions {
  readonly encoding: AccountEncoding;
  readonly dataSlice?: { readonly offset: number; readonly length: number } | null | undefined;
}

/** An account as RPC answers show it; null for none. */
export function encodeAccount(
  account: AccountImage | null,
  { encoding, dataSlice }: AccountEncodingOptions,
  decimalsOf: DecimalsOf,
) {
  if (account === null) return null;
  const parsed = encoding === "jsonParsed" ? parseAccount(account, decimalsOf) : undefined;
  return {
    lamports: account.lamports,
    owner: base58.encode(account.owner),
    data: parsed ?? encodeData(slice(account.data, dataSlice), encoding),
    executable: account.executable,
    rentEpoch: account.rentEpoch,
    space: account.data.length,
  };
}

function slice(data: Uint8Array, range: AccountEncodingOptions["dataSlice"]): Uint8Array {
  if (range === null || range === undefined) return data;
  return data.subarray(range.offset, range.offset + range.length);
}

function encodeData(data: Uint8Array, encoding: AccountEncoding): string | [string, string] {
  // What cannot be parsed is shown in base64, as by a validator.
  if (encoding === "base64" || encoding === "jsonParsed") {
    return [Buffer.from(data).toString("base64"), "base64"];
  }
  if (data.length > BASE58_BYTES_MAX) {
    throw new RpcError(
      RPC_CODES.invalidRequest,
      "Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.",
    );
  }
  const text = base58.encode(data);
  return encoding === "binary" ? text : [text, "base58"];
}

/** A token account or mint in words; undefined for everything else. */
function parseAccount(account: AccountImage, decimalsOf: DecimalsOf) {
  const state = tokenStateOf(account);
  if (state === undefined) return undefined;
  const info = state.type === "mint" ? mintInfo(state) : tokenAccountInfo(state, decimalsOf);
  if (info === undefined) return undefined;
  return {
    program: state.program.startsWith("Tokenkeg") ? "spl-token" : "spl-token-2022",
    parsed: { info, type: state.type },
    space: account.data.length,
  };
}

function mintInfo(mint: Extract<TokenState, { type: "mint" }>) {
  return {
    mintAuthority: mint.mintAuthority,
    supply: mint.supply.toString(),
    decimals: mint.decimals,
    isInitialized: true,
    freezeAuthority: mint.freezeAuthority,
  };
}

function tokenAccountInfo(account: Extract<TokenState, { type: "account" }>, decimalsOf: DecimalsOf) {
  const decimals = decimalsOf(account.mint);
  if (decimals === undefined) return undefined;
  const { mint, owner, state, isNative, delegate, closeAuthority } = account;
  return {
    mint,
    owner,
    tokenAmount: uiTokenAmount(account.amount, decimals),
    ...(delegate === null
      ? {}
      : { delegate, delegatedAmount: uiTokenAmount(account.delegatedAmount, decimals) }),
    state,
    isNative,
    ...(isNative ? { rentExemptReserve: uiTokenAmount(account.rentExemptReserve, decimals) } : {}),
    ...(closeAuthority === null ? {} : { closeAuthority }),
  };
}
