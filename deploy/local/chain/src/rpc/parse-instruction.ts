import { MEMO_PROGRAMS, PROGRAMS } from "@flock/solana";
import { base58 } from "@scure/base";
import { uiTokenAmount } from "../core/token-account.js";

/** An instruction with its addresses instead of indexes. */
export interface ResolvedInstruction {
  readonly programId: string;
  readonly accounts: readonly string[];
  readonly data: Uint8Array;
  readonly stackHeight: number;
}

/** An instruction in words: what it is, and what it is about by name. */
export interface Parsed {
  readonly type: string;
  readonly info: Readonly<Record<string, unknown>>;
}

type Parse = (instruction: ResolvedInstruction) => Parsed | string | undefined;

const PARSERS = new Map<string, { readonly name: string; readonly parse: Parse }>([
  ["11111111111111111111111111111111", { name: "system", parse: parseSystem }],
  [PROGRAMS.token, { name: "spl-token", parse: parseToken }],
  [PROGRAMS.token2022, { name: "spl-token-2022", parse: parseToken }],
  [PROGRAMS.associatedToken, { name: "spl-associated-token-account", parse: parseAssociated }],
  ...MEMO_PROGRAMS.map((id) => [id, { name: "spl-memo", parse: parseMemo }] as const),
]);

/**
 * An instruction in words, as encoding "jsonParsed" shows it: payments, memos, and what creates and closes accounts.
 * All others are shown with their addresses and raw data, as a validator shows what it cannot parse.
 */
export function parseInstruction(instruction: ResolvedInstruction) {
  const { programId, accounts, data, stackHeight } = instruction;
  const program = PARSERS.get(programId);
  const parsed = program?.parse(instruction);
  if (program !== undefined && parsed !== undefined) {
    return { program: program.name, programId, parsed, stackHeight };
  }
  return { programId, accounts, data: base58.encode(data), stackHeight };
}

function parseMemo({ data }: ResolvedInstruction): string {
  return Buffer.from(data).toString("utf8");
}

function parseAssociated({ accounts, data }: ResolvedInstruction): Parsed | undefined {
  const names = ["source", "account", "wallet", "mint", "systemProgram", "tokenProgram"];
  const type = data.length === 0 || data[0] === 0 ? "create" : data[0] === 1 ? "createIdempotent" : undefined;
  const info = named(names, accounts);
  return type === undefined || info === undefined ? undefined : { type, info };
}

function parseSystem({ accounts, data }: ResolvedInstruction): Parsed | undefined {
  const bytes = Buffer.from(data);
  if (bytes.length === 12 && bytes.readUInt32LE() === 2) {
    const info = named(["source", "destination"], accounts);
    return info && { type: "transfer", info: { ...info, lamports: bytes.readBigUInt64LE(4) } };
  }
  if (bytes.length === 52 && bytes.readUInt32LE() === 0) {
    const info = named(["source", "newAccount"], accounts);
    const [lamports, space] = [bytes.readBigUInt64LE(4), bytes.readBigUInt64LE(12)];
    const owner = base58.encode(bytes.subarray(20));
    return info && { type: "createAccount", info: { ...info, lamports, space, owner } };
  }
  return undefined;
}

/** Token instructions that consist of accounts, at most an amount, and the decimals that it is checked against. */
const TOKEN_INSTRUCTIONS: Readonly<Record<number, { type: string; accounts: string[] }>> = {
  3: { type: "transfer", accounts: ["source", "destination", "authority"] },
  4: { type: "approve", accounts: ["source", "delegate", "owner"] },
  5: { type: "revoke", accounts: ["source", "owner"] },
  7: { type: "mintTo", accounts: ["mint", "account", "mintAuthority"] },
  8: { type: "burn", accounts: ["account", "mint", "authority"] },
  9: { type: "closeAccount", accounts: ["account", "destination", "owner"] },
  10: { type: "freezeAccount", accounts: ["account", "mint", "freezeAuthority"] },
  11: { type: "thawAccount", accounts: ["account", "mint", "freezeAuthority"] },
  12: { type: "transferChecked", accounts: ["source", "mint", "destination", "authority"] },
  13: { type: "approveChecked", accounts: ["source", "mint", "delegate", "owner"] },
  14: { type: "mintToChecked", accounts: ["mint", "account", "mintAuthority"] },
  15: { type: "burnChecked", accounts: ["account", "mint", "authority"] },
  17: { type: "syncNative", accounts: ["account"] },
  22: { type: "initializeImmutableOwner", accounts: ["account"] },
};

const AMOUNT_END = 9;

function parseToken({ accounts, data }: ResolvedInstruction): Parsed | undefined {
  const bytes = Buffer.from(data);
  const code = bytes[0] ?? -1;
  if (code === 18 && bytes.length === 33) {
    const info = named(["account", "mint"], accounts);
    return info && { type: "initializeAccount3", info: { ...info, owner: base58.encode(bytes.subarray(1)) } };
  }
  const known = TOKEN_INSTRUCTIONS[code];
  const info = known && named(known.accounts, accounts);
  if (known === undefined || info === undefined || bytes.length > AMOUNT_END + 1) return undefined;
  const { type } = known;
  const signers = accounts.slice(known.accounts.length);
  const shown = signers.length === 0 ? info : withMultisig(info, known.accounts.at(-1) ?? "", signers);
  if (bytes.length < AMOUNT_END) return { type, info: shown };
  const amount = bytes.readBigUInt64LE(1);
  if (bytes.length === AMOUNT_END) return { type, info: { ...shown, amount: amount.toString() } };
  return { type, info: { ...shown, tokenAmount: uiTokenAmount(amount, bytes[AMOUNT_END] ?? 0) } };
}

/** "authority" becomes "multisigAuthority", with those who signed for it. */
function withMultisig(info: Readonly<Record<string, string>>, name: string, signers: readonly string[]) {
  const { [name]: authority, ...rest } = info;
  return { ...rest, [`multisig${name.charAt(0).toUpperCase()}${name.slice(1)}`]: authority, signers };
}

/** The first addresses by name; undefined when there are too few. */
function named(
  names: readonly string[],
  accounts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (accounts.length < names.length) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, accounts[index] ?? ""]));
}
