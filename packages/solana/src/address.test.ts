import { generateIdentity } from "@flock/keys";
import { ASSOCIATED_TOKEN_PROGRAM_ID, getAssociatedTokenAddressSync } from "@solana/spl-token";
import { Keypair, PublicKey } from "@solana/web3.js";
import fc from "fast-check";
import { addressOf, parseAddress, toAddress } from "./address.js";
import { associatedTokenAccount } from "./llama-token.js";
import { KEYED_PROGRAMS, PROGRAMS } from "./programs.js";

describe("an address", () => {
  it("is the base58 text of any 32 bytes, and reads as what it is of", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const key = new PublicKey(bytes);
        expect(parseAddress(addressOf(key))).toBe(key.toBase58());
      }),
    );
  });

  it.each([
    "",
    "abc",
    "1".repeat(31),
    "1".repeat(33),
    "z".repeat(44),
    "1".repeat(400),
    `${generateIdentity().id.slice(0, -1)}0`,
    ` ${generateIdentity().id}`,
    "é".repeat(40),
  ])("is %j not", (text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(() => toAddress(text)).toThrow("is not an address");
  });
});

describe("the associated token account", () => {
  it("is that of Solana's own library, for a wallet on the curve and for an account off it", () => {
    const mint = Keypair.generate().publicKey;
    const wallet = Keypair.generate().publicKey;
    const offCurve = PublicKey.findProgramAddressSync([wallet.toBuffer()], ASSOCIATED_TOKEN_PROGRAM_ID)[0];
    for (const owner of [wallet, offCurve])
      expect(associatedTokenAccount(addressOf(owner), addressOf(mint))).toBe(
        getAssociatedTokenAddressSync(mint, owner, true).toBase58(),
      );
  });
});

describe("a program of which only the chain says that it is one", () => {
  it("has an address on the curve, as the system program, which nobody takes for a wallet, has not", () => {
    for (const program of KEYED_PROGRAMS) expect(PublicKey.isOnCurve(program)).toBe(true);
    expect(KEYED_PROGRAMS.has(PROGRAMS.system)).toBe(false);
  });
});
