import { randomBytes } from "node:crypto";
import { base58 } from "@scure/base";
import fc from "fast-check";
import { generateIdentity } from "./ed25519.js";
import { faultOfWalletAddress, isSlipOf } from "./wallet-address.js";

const LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** An address, and the same with one letter removed, changed, added or exchanged with its neighbour. */
const slip = fc
  .record({ at: fc.nat(43), letter: fc.constantFrom(...LETTERS), how: fc.nat(3) })
  .map(({ at, letter, how }) => {
    const address = generateIdentity().id;
    const [before, here, after] = [address.slice(0, at), address.charAt(at), address.slice(at + 1)];
    const misspelt = [
      `${before}${after}`,
      `${before}${letter}${after}`,
      `${before}${letter}${here}${after}`,
      `${before}${after.charAt(0)}${here}${after.slice(1)}`,
    ][how];
    return { address, misspelt: misspelt ?? "" };
  })
  .filter(({ address, misspelt }) => misspelt !== address);

describe("a wallet's address", () => {
  it("is that of any key", () => {
    for (let times = 0; times < 50; times++)
      expect(faultOfWalletAddress(generateIdentity().id)).toBeUndefined();
  });

  it.each([
    "11111111111111111111111111111111",
    "1nc1nerator11111111111111111111111111111111",
    "AddressLookupTab1e1111111111111111111111111",
    "BPFLoader1111111111111111111111111111111111",
    "BPFLoader2111111111111111111111111111111111",
    "BPFLoaderUpgradeab1e11111111111111111111111",
    "ComputeBudget111111111111111111111111111111",
    "Config1111111111111111111111111111111111111",
    "Ed25519SigVerify111111111111111111111111111",
    "Feature111111111111111111111111111111111111",
    "KeccakSecp256k11111111111111111111111111111",
    "LoaderV411111111111111111111111111111111111",
    "NativeLoader1111111111111111111111111111111",
    "Secp256r1SigVerify1111111111111111111111111",
    "So11111111111111111111111111111111111111112",
    "Stake11111111111111111111111111111111111111",
    "StakeConfig11111111111111111111111111111111",
    "Sysvar1111111111111111111111111111111111111",
    "Sysvar1nstructions1111111111111111111111111",
    "SysvarC1ock11111111111111111111111111111111",
    "SysvarEpochRewards1111111111111111111111111",
    "SysvarEpochSchedu1e111111111111111111111111",
    "SysvarFees111111111111111111111111111111111",
    "SysvarLastRestartS1ot1111111111111111111111",
    "SysvarRecentB1ockHashes11111111111111111111",
    "SysvarRent111111111111111111111111111111111",
    "SysvarRewards111111111111111111111111111111",
    "SysvarS1otHashes111111111111111111111111111",
    "SysvarS1otHistory11111111111111111111111111",
    "SysvarStakeHistory1111111111111111111111111",
    "Vote111111111111111111111111111111111111111",
    "ZkE1Gama1Proof11111111111111111111111111111",
    "ZkTokenProof1111111111111111111111111111111",
  ])("is not %s, which is the network's own, on the curve or off it", (address) => {
    expect(faultOfWalletAddress(address)).toMatch(/is one of the network's own addresses/);
  });

  it.each(["", "abc", "demo", "0OIl-not-base58", "é".repeat(40), "1".repeat(400), "z".repeat(44)])(
    "is not %j, which is none",
    (text) => {
      expect(faultOfWalletAddress(text)).toMatch(/is not a Solana address$/);
    },
  );

  it("is found in one of sixteen texts of 32 bytes: the others have no key", () => {
    const texts = Array.from({ length: 1_600 }, () => base58.encode(randomBytes(32)));
    const faults = texts.map(faultOfWalletAddress);
    const possible = faults.filter((fault) => fault === undefined).length;
    // Binomial: 100 expected, 10 the standard deviation.
    expect(possible).toBeGreaterThan(40);
    expect(possible).toBeLessThan(160);
    expect(faults.some((fault) => fault?.includes("off the curve"))).toBe(true);
    expect(faults.some((fault) => fault?.includes("is a letter wrong or missing"))).toBe(true);
  });
});

describe("a slip", () => {
  it("of one letter, wherever, is recognised beside the address that was meant", () => {
    fc.assert(
      fc.property(slip, ({ address, misspelt }) => {
        expect(isSlipOf(misspelt, address)).toBe(true);
        expect(isSlipOf(address, misspelt)).toBe(true);
      }),
    );
  });

  it("is also an address in the wrong case, or without its end", () => {
    const { id } = generateIdentity();
    expect(isSlipOf(id.toLowerCase(), id)).toBe(true);
    expect(isSlipOf(id.slice(0, 20), id)).toBe(true);
  });

  it("is neither the address itself, nor another one, nor a short name", () => {
    const { id } = generateIdentity();
    expect(isSlipOf(id, id)).toBe(false);
    expect(isSlipOf(id, generateIdentity().id)).toBe(false);
    expect(isSlipOf("demo", "demo2")).toBe(false);
    expect(isSlipOf("", "")).toBe(false);
  });
});
