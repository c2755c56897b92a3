import { TOKEN_PROGRAMS } from "@flock/solana";
import { AccountLayout, MintLayout } from "@solana/spl-token";
import type { AccountImage } from "../vm/vm.js";
import { addressText } from "./address.js";

const ACCOUNT_BYTES = AccountLayout.span;
const MINT_BYTES = MintLayout.span;
/** In Token-2022 this byte, after the base account's bytes, says what an extended account is. */
const TYPE_MINT = 1;
const TYPE_ACCOUNT = 2;

/** A token account or mint as either token program stores it. */
export type TokenState =
  | {
      readonly type: "account";
      readonly mint: string;
      readonly owner: string;
      readonly amount: bigint;
      readonly delegate: string | null;
      readonly delegatedAmount: bigint;
      readonly state: "initialized" | "frozen";
      readonly isNative: boolean;
      /** Lamports that a wrapped-SOL account cannot spend. */
      readonly rentExemptReserve: bigint;
      readonly closeAuthority: string | null;
      readonly program: string;
    }
  | {
      readonly type: "mint";
      readonly supply: bigint;
      readonly decimals: number;
      readonly mintAuthority: string | null;
      readonly freezeAuthority: string | null;
      readonly program: string;
    };

/** What a token program's account holds; undefined: not a token program's, or not initialised. */
export function tokenStateOf(account: AccountImage | null): TokenState | undefined {
  if (account === null) return undefined;
  const { data } = account;
  if (data.length < MINT_BYTES) return undefined;
  const program = addressText(account.owner);
  if (!TOKEN_PROGRAMS.includes(program)) return undefined;
  const type = data.length > ACCOUNT_BYTES ? data[ACCOUNT_BYTES] : undefined;
  if (data.length === ACCOUNT_BYTES || type === TYPE_ACCOUNT) return tokenAccount(data, program);
  if (data.length === MINT_BYTES || type === TYPE_MINT) return mint(data, program);
  return undefined;
}

function tokenAccount(data: Uint8Array, program: string): TokenState | undefined {
  const raw = AccountLayout.decode(data);
  if (raw.state === 0) return undefined;
  return {
    type: "account",
    mint: addressText(raw.mint.toBytes()),
    owner: addressText(raw.owner.toBytes()),
    amount: raw.amount,
    delegate: raw.delegateOption === 0 ? null : addressText(raw.delegate.toBytes()),
    delegatedAmount: raw.delegatedAmount,
    state: raw.state === 2 ? "frozen" : "initialized",
    isNative: raw.isNativeOption !== 0,
    rentExemptReserve: raw.isNative,
    closeAuthority: raw.closeAuthorityOption === 0 ? null : addressText(raw.closeAuthority.toBytes()),
    program,
  };
}

function mint(data: Uint8Array, program: string): TokenState | undefined {
  const raw = MintLayout.decode(data);
  if (!raw.isInitialized) return undefined;
  return {
    type: "mint",
    supply: raw.supply,
    decimals: raw.decimals,
    mintAuthority: raw.mintAuthorityOption === 0 ? null : addressText(raw.mintAuthority.toBytes()),
    freezeAuthority: raw.freezeAuthorityOption === 0 ? null : addressText(raw.freezeAuthority.toBytes()),
    program,
  };
}

/** An amount of a mint's units with its decimal renderings. `uiAmount` is a float: only for show. */
export interface UiTokenAmount {
  readonly amount: string;
  readonly decimals: number;
  readonly uiAmount: number;
  readonly uiAmountString: string;
}

export function uiTokenAmount(amount: bigint, decimals: number): UiTokenAmount {
  const digits = amount.toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = decimals === 0 ? "" : digits.slice(-decimals).replace(/0+$/, "");
  const uiAmountString = fraction === "" ? whole : `${whole}.${fraction}`;
  return { amount: amount.toString(), decimals, uiAmount: Number(uiAmountString), uiAmountString };
}
