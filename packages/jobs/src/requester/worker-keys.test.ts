import { generateIdentity } from "@flock/keys";
import { newSealingPair } from "@flock/sealing";
import { delegationBy } from "../../test/delegations.js";
import { WorkerKeys } from "./worker-keys.js";

const NOW = Date.now();
const wallet = generateIdentity();
const key = generateIdentity();
const pair = newSealingPair(key);
const sealed = { sealingKey: pair.publicKey, sealingSignature: pair.signature };
const claim = { workerId: wallet.id, delegation: delegationBy(wallet, key.id), ...sealed };
const plain = { sealingKey: new Uint8Array(), sealingSignature: new Uint8Array() };

describe("the keys that workers claim with", () => {
  it("are those that their wallets delegate to, and pay the wallet", () => {
    expect(new WorkerKeys().signatoryOf(claim, NOW)).toEqual({ key: key.id, payeeId: "" });
  });

  it("pay whom the wallet names", () => {
    const payout = generateIdentity().id;
    const delegation = delegationBy(wallet, key.id, { payout });
    expect(new WorkerKeys().signatoryOf({ ...claim, delegation }, NOW)).toEqual({
      key: key.id,
      payeeId: payout,
    });
  });

  it("are the workers' ids themselves without a delegation, which may name any payee", () => {
    const own = newSealingPair(wallet);
    const bridged = { workerId: wallet.id, delegation: undefined };
    const offer = { sealingKey: own.publicKey, sealingSignature: own.signature };
    expect(new WorkerKeys().signatoryOf({ ...bridged, ...offer }, NOW)).toEqual({ key: wallet.id });
    expect(new WorkerKeys().signatoryOf({ ...bridged, ...plain }, NOW)).toEqual({ key: wallet.id });
    expect(new WorkerKeys().signatoryOf({ ...bridged, ...sealed }, NOW)).toBe("foreign_sealing_key");
  });

  it("may be delegated by a wallet that signs off-chain messages alone", () => {
    const { text } = claim.delegation;
    const length = Buffer.alloc(2);
    length.writeUInt16LE(text.length);
    const head = Buffer.concat([Buffer.from("\xffsolana offchain", "latin1"), Buffer.of(0, 0), length]);
    const delegation = { text, signature: wallet.sign(Buffer.concat([head, Buffer.from(text)])) };
    expect(new WorkerKeys().signatoryOf({ ...claim, delegation }, NOW)).toMatchObject({ key: key.id });
  });

  it("are not taken on the word of another wallet, of the key itself, or of nobody", () => {
    const keys = new WorkerKeys();
    const other = generateIdentity();
    const by = (delegation: typeof claim.delegation) => keys.signatoryOf({ ...claim, delegation }, NOW);
    expect(by(delegationBy(other, key.id))).toBe("foreign_delegation");
    expect(by({ ...claim.delegation, signature: other.sign(Buffer.from(claim.delegation.text)) })).toBe(
      "forged_delegation",
    );
    expect(by({ ...claim.delegation, signature: key.sign(Buffer.from(claim.delegation.text)) })).toBe(
      "forged_delegation",
    );
    expect(by({ ...claim.delegation, signature: new Uint8Array() })).toBe("forged_delegation");
    expect(by({ text: "", signature: new Uint8Array() })).toBe("malformed_delegation");
    expect(by(delegationBy(wallet, wallet.id))).toBe("malformed_delegation");
  });

  it("are taken while the delegation lasts, also if it was known before", () => {
    const keys = new WorkerKeys();
    expect(keys.signatoryOf(claim, NOW)).toMatchObject({ key: key.id });
    expect(keys.signatoryOf(claim, NOW + 3_700_000)).toBe("lapsed_delegation");
    expect(new WorkerKeys().signatoryOf(claim, NOW + 3_700_000)).toBe("lapsed_delegation");
    expect(new WorkerKeys().signatoryOf(claim, NOW - 3_700_000)).toBe("lapsed_delegation");
  });

  it("do not offer a sealing key that another has signed, though the delegation is known", () => {
    const keys = new WorkerKeys();
    expect(keys.signatoryOf(claim, NOW)).toMatchObject({ key: key.id });
    for (const signer of [wallet, generateIdentity()]) {
      const { publicKey: sealingKey, signature: sealingSignature } = newSealingPair(signer);
      expect(keys.signatoryOf({ ...claim, sealingKey, sealingSignature }, NOW)).toBe("foreign_sealing_key");
    }
  });

  it("are not taken if any byte of the delegation was changed, whether it is known or not", () => {
    const known = new WorkerKeys();
    known.signatoryOf(claim, NOW);
    const { text, signature } = claim.delegation;
    for (const keys of [known, new WorkerKeys()]) {
      for (let at = 0; at < text.length; at++) {
        const letter = text[at] === "1" ? "2" : "1";
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        const got = keys.signatoryOf({ ...claim, delegation: { text: changed, signature } }, NOW);
        expect([at, typeof got]).toEqual([at, "string"]);
      }
      for (let at = 0; at < signature.length; at++) {
        const changed = Buffer.from(signature);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const got = keys.signatoryOf({ ...claim, delegation: { text, signature: changed } }, NOW);
        expect([at, got]).toEqual([at, "forged_delegation"]);
      }
      expect(keys.signatoryOf(claim, NOW)).toMatchObject({ key: key.id });
    }
  });

  it("cost no signature the second time", () => {
    const keys = new WorkerKeys();
    keys.signatoryOf(claim, NOW);
    const roundMs = Array.from({ length: 20 }, () => {
      const startedMs = performance.now();
      for (let again = 0; again < 1_000; again++) keys.signatoryOf(claim, NOW);
      return performance.now() - startedMs;
    });
    // A signature takes some 50 to 100 µs. The quickest round is the one in which nothing else ran.
    expect(Math.min(...roundMs)).toBeLessThan(20);
  });
});
