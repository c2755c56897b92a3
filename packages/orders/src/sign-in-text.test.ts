import { generateIdentity } from "@flock/keys";
import fc from "fast-check";
import { readSignIn, SIGN_IN_STATEMENT, type SignInInput, signInText } from "./sign-in-text.js";

const address = generateIdentity().id;
const INPUT: SignInInput = {
  domain: "api.example:8443",
  address,
  statement: SIGN_IN_STATEMENT,
  uri: "https://api.example:8443",
  version: "1",
  nonce: "7v91N7iZ9mNicL8WfG6cgS",
  issuedAt: "2026-11-22T12:00:00.000Z",
  expirationTime: "2026-11-22T12:05:00.000Z",
};
const TEXT = signInText(INPUT);

describe("the text to sign in with", () => {
  it("reads back", () => {
    expect(readSignIn(TEXT)).toEqual({ ...INPUT, expiresMs: Date.UTC(2026, 10, 22, 12, 5) });
  });

  it.each([
    ["This moves no money", "This moves money", "no text to sign in with"],
    ["api.example:8443 wants", "evil.example wants", "is not the origin of"],
    ["URI: https://api.example:8443", "URI: https://api.example:8443/", "is not the origin of"],
    ["URI: https:", "URI: javascript:", "is not the origin of"],
    [address, "me", "is not a wallet address"],
    ["Version: 1", "Version: 2", "no text to sign in with"],
    ["Nonce: 7v91", "Nonce: 7v 91", "Nonce: "],
    ["Issued At: 2026-11-22T12", "Issued At: 12", "Issued At: "],
    ["Expiration Time: 2026-11-22T12:05:00.000Z", "Expiration Time: never", "Expiration Time: "],
    ["Expiration Time: ", "Resources: ", "no text to sign in with"],
    [".000Z\nExp", ".000Z\n\nExp", "no text to sign in with"],
  ])("with %j changed to %j is refused", (from, to, fault) => {
    expect(TEXT).toContain(from);
    expect(readSignIn(TEXT.replace(from, to))).toEqual({ fault: expect.stringContaining(fault) });
  });

  it("never throws when it is read, whatever it is", () => {
    fc.assert(fc.property(fc.string({ maxLength: 2_000 }), (text) => void readSignIn(text)));
    const mutation = fc.tuple(fc.nat(TEXT.length - 1), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(mutation, ([at, put]) => void readSignIn(TEXT.slice(0, at) + put + TEXT.slice(at + 1))),
    );
  });
});
