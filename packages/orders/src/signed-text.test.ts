import { generateIdentity } from "@flock/keys";
import { base58 } from "@scure/base";
import { checkSignedText } from "./signed-forms.js";
import { isSignedBy } from "./signed-text.js";

describe("a wallet's signature under a text", () => {
  const wallet = generateIdentity();
  const text = "FlockOllamas unstake\nid: 1";
  const message = Buffer.from(text);
  const length = Buffer.from([message.length, 0]);
  const domain = Buffer.from("\xffsolana offchain", "latin1");

  it.each([
    ["the text itself", message],
    ["the command line tools' envelope, ASCII", Buffer.concat([domain, Buffer.of(0, 0), length, message])],
    ["the command line tools' envelope, UTF-8", Buffer.concat([domain, Buffer.of(0, 1), length, message])],
    [
      "the specification's envelope",
      Buffer.concat([
        domain,
        Buffer.of(0),
        Buffer.alloc(32),
        Buffer.of(0, 1),
        base58.decode(wallet.id),
        length,
        message,
      ]),
    ],
  ])("may be over %s, with Node and without", async (_what, bytes) => {
    const cases: readonly [string, string, boolean][] = [
      [wallet.id, text, true],
      [wallet.id, `${text} `, false],
      [generateIdentity().id, text, false],
      ["not a wallet", text, false],
    ];
    for (const [signer, signed, isValid] of cases) {
      expect(isSignedBy(signer, signed, wallet.sign(bytes))).toBe(isValid);
      const check = await checkSignedText(signer, signed, wallet.sign(bytes));
      expect(check).toBe(isValid ? "valid" : "invalid");
    }
  });
});
