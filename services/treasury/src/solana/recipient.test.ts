import { addressOf, associatedTokenAccount, PROGRAMS } from "@flock/solana";
import { AccountState, MINT_SIZE, NATIVE_MINT } from "@solana/spl-token";
import * as web3 from "@solana/web3.js";
import {
  BPF_LOADER_PROGRAM_ID,
  Keypair,
  PublicKey,
  StakeProgram,
  SystemProgram,
  VoteProgram,
} from "@solana/web3.js";
import { encodedTokenAccount } from "../../test/encoded-token-account.js";
import type { AccountFacts } from "../chain/chain.js";
import { faultOfAddress, judgeRecipient } from "./recipient.js";

const mint = Keypair.generate().publicKey;
const owner = Keypair.generate().publicKey;
const stranger = Keypair.generate().publicKey;
const address = addressOf(owner);

const STAKE = "Stake11111111111111111111111111111111111111";
const SYSVAR = "Sysvar1111111111111111111111111111111111111";

const tokenAccount = (more: Partial<Parameters<typeof encodedTokenAccount>[0]> = {}) =>
  encodedTokenAccount({ mint, owner, ...more });
const wallet: AccountFacts = { owner: PROGRAMS.system, data: new Uint8Array(), isExecutable: false };
const judge = (at: AccountFacts | undefined, token: AccountFacts | undefined) =>
  judgeRecipient(address, at, token, addressOf(mint));

describe("judgeRecipient", () => {
  it.each([
    ["a wallet without anything", undefined, undefined, true],
    ["a wallet with SOL", wallet, undefined, true],
    ["a wallet whose token account was sent SOL before it exists", wallet, wallet, true],
    ["a wallet with its token account", wallet, tokenAccount(), false],
  ])("can pay %s", (_, at, token, isNew) => {
    expect(judge(at, token)).toEqual({ kind: "payable", isNew });
  });

  it.each<[string, AccountFacts | undefined, AccountFacts | undefined, string]>([
    ["a frozen token account", wallet, tokenAccount({ state: AccountState.Frozen }), "is frozen"],
    [
      "a token account given away",
      wallet,
      tokenAccount({ owner: stranger }),
      `was given to ${stranger.toBase58()}`,
    ],
    ["a token account of another mint", wallet, tokenAccount({ mint: stranger }), "is for another mint"],
    [
      "a token account of Token-2022",
      wallet,
      { ...tokenAccount(), owner: PROGRAMS.token2022 },
      "is not one of the classic token program",
    ],
    ["a program", { ...wallet, isExecutable: true }, undefined, "is a program"],
    ["a mint", { ...wallet, owner: PROGRAMS.token, data: new Uint8Array(MINT_SIZE) }, undefined, "is a mint"],
    ["a token account as address", tokenAccount(), undefined, "give the address of the wallet that owns it"],
    [
      "a token account of another mint as address",
      tokenAccount({ mint: stranger }),
      undefined,
      "of another mint",
    ],
    ["a nonce account", { ...wallet, data: new Uint8Array(80) }, undefined, "is a nonce account"],
    [
      "a stake account",
      { ...wallet, owner: STAKE, data: new Uint8Array(200) },
      undefined,
      `program ${STAKE}`,
    ],
    ["a sysvar of days to come", { ...wallet, owner: SYSVAR }, undefined, `program ${SYSVAR}`],
    ["an account without data of some program", { ...wallet, owner: address }, undefined, "not a wallet"],
    ["anything of Token-2022", { ...wallet, owner: PROGRAMS.token2022 }, undefined, "belongs to Token-2022"],
  ])("cannot pay %s", (_, at, token, reason) => {
    expect(judge(at, token)).toEqual({ kind: "unpayable", reason: expect.stringContaining(reason) });
  });
});

describe("faultOfAddress", () => {
  it.each(["", "abc", `${address}${address}`, `${address.slice(0, -1)}0`, "é".repeat(40), "1".repeat(400)])(
    "refuses %j as malformed",
    (text) => {
      expect(faultOfAddress(text, addressOf(stranger))).toMatch(/is not a Solana address$/);
    },
  );

  it.each<readonly [string, string]>([
    ...Object.entries(web3).flatMap(([name, value]) =>
      name.startsWith("SYSVAR_") && value instanceof PublicKey ? [[name, value.toBase58()] as const] : [],
    ),
    ["the system program", SystemProgram.programId.toBase58()],
    ["the stake program", StakeProgram.programId.toBase58()],
    ["the vote program", VoteProgram.programId.toBase58()],
    ["the loader", BPF_LOADER_PROGRAM_ID.toBase58()],
    ["the sysvars' owner", SYSVAR],
    ["the incinerator", "1nc1nerator11111111111111111111111111111111"],
    ["wrapped SOL", NATIVE_MINT.toBase58()],
  ])("refuses %s, on the curve or off it", (_, text) => {
    expect(faultOfAddress(text, addressOf(stranger))).toMatch(/is one of the network's own addresses/);
  });

  it("refuses what nobody can hold the key of, and the treasury itself", () => {
    const derived = associatedTokenAccount(address, addressOf(mint));
    expect(faultOfAddress(derived, addressOf(stranger))).toMatch(/off the curve/);
    expect(faultOfAddress(address, address)).toMatch(/is the treasury itself/);
    expect(faultOfAddress(address, addressOf(stranger))).toBeUndefined();
    expect(faultOfAddress(PROGRAMS.token2022, addressOf(stranger))).toBeUndefined();
  });
});
