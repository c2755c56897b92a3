import { generateIdentity } from "@flock/keys";
import fc from "fast-check";
import {
  type Delegation,
  delegationText,
  faultOfDelegation,
  isChallenge,
  readDelegation,
} from "./delegation-text.js";

const [wallet, payout, key] = [generateIdentity().id, generateIdentity().id, generateIdentity().id];
const DELEGATION: Delegation = {
  api: "https://api.example",
  wallet,
  payout,
  key,
  challenge: "7v91N7iZ9mNicL8WfG6cgS",
  issuedMs: Date.UTC(2026, 10, 30, 12),
  expiresMs: Date.UTC(2026, 11, 30, 12),
};
const TEXT = `FlockOllamas worker
api: https://api.example
wallet: ${wallet}
payout: ${payout}
key: ${key}
challenge: 7v91N7iZ9mNicL8WfG6cgS
issued: 2026-11-30T12:00:00.000Z
expires: 2026-12-30T12:00:00.000Z
effect: this key may work in my name and sign receipts for it; it can move no money`;

describe("the text by which a wallet lets a worker's key work", () => {
  it("is this, to the byte, and reads back", () => {
    expect(delegationText(DELEGATION)).toBe(TEXT);
    expect(readDelegation(TEXT)).toEqual(DELEGATION);
  });

  it.each([
    ["FlockOllamas worker\n", "FlockOllamas withdrawal\n", "the first line is not"],
    ["https://api.example", "https://api.example/", "is not an origin"],
    ["https://api.example", "javascript:alert(1)", "is not an origin"],
    [`wallet: ${wallet}`, "wallet: me", "is not a wallet address"],
    [`payout: ${payout}`, "payout: 11111111111111111111111111111111", "payout: "],
    [`key: ${key}`, `key: ${wallet}`, "it is the wallet's own"],
    [`key: ${key}`, "key: U", "is not a key"],
    ["challenge: 7v91", "challenge: ../7v91", "is none"],
    ["issued: 2026-11-30T12:00:00.000Z", "issued: now", "issued: "],
    ["expires: 2026-12-30", "expires: 2027-12-30", "at most 90 days"],
    ["expires: 2026-12-30", "expires: 2026-11-29", "at most 90 days"],
    ["it can move no money", "it can move money", "effect: "],
    ["effect: ", "and: ", 'the line "effect: …" is missing'],
  ])("with %j changed to %j is refused", (from, to, fault) => {
    expect(TEXT).toContain(from);
    expect(readDelegation(TEXT.replace(from, to))).toEqual({ fault: expect.stringContaining(fault) });
  });

  it("never throws when it is read, whatever it is", () => {
    fc.assert(fc.property(fc.string({ maxLength: 2_000 }), (text) => void readDelegation(text)));
    const mutation = fc.tuple(fc.nat(TEXT.length - 1), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(mutation, ([at, put]) => void readDelegation(TEXT.slice(0, at) + put + TEXT.slice(at + 1))),
    );
  });

  it("counts from when it was issued, give or take what clocks differ, until it expires", () => {
    const { issuedMs, expiresMs } = DELEGATION;
    expect(faultOfDelegation(DELEGATION, issuedMs - 300_000)).toBeUndefined();
    expect(faultOfDelegation(DELEGATION, issuedMs - 300_001)).toContain("clock");
    expect(faultOfDelegation(DELEGATION, expiresMs - 1)).toBeUndefined();
    expect(faultOfDelegation(DELEGATION, expiresMs)).toContain("lapsed");
  });
});

describe("a challenge", () => {
  it("is letters and digits alone, so that who gives it chooses nothing else of what is signed", () => {
    expect(isChallenge(DELEGATION.challenge)).toBe(true);
    for (const text of ["", "short", `${DELEGATION.challenge}\nwallet: me`, "a".repeat(45), "a b".repeat(6)])
      expect(isChallenge(text)).toBe(false);
  });
});
