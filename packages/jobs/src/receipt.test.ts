import { generateIdentity } from "@flock/keys";
import { encode } from "@flock/proto";
import { Receipt } from "@flock/proto/jobs";
import { openReceipt, signReceipt } from "./receipt.js";

const identity = generateIdentity();
const receipt = Receipt.create({ jobId: "j", lease: 1, workerId: identity.id, completionTokens: 5 });

describe("receipts", () => {
  it("open to what was signed", () => {
    expect(openReceipt(signReceipt(identity, receipt))).toEqual(receipt);
  });

  it("do not open once a number was changed", () => {
    const signed = signReceipt(identity, receipt);
    const raised = encode(Receipt, { ...receipt, completionTokens: 500 });
    expect(openReceipt({ ...signed, receipt: raised })).toBeUndefined();
  });

  it("do not open in the name of a key that did not sign", () => {
    const other = generateIdentity();
    expect(openReceipt({ ...signReceipt(identity, receipt), signer: other.id })).toBeUndefined();
  });

  it("tell by their signer which key has signed for the worker", () => {
    const key = generateIdentity();
    const signed = signReceipt(key, receipt);
    expect([openReceipt(signed)?.workerId, signed.signer]).toEqual([identity.id, key.id]);
  });

  it("do not open if the signature was made for another purpose", () => {
    const bytes = encode(Receipt, receipt);
    expect(
      openReceipt({ receipt: bytes, signature: identity.sign(bytes), signer: identity.id }),
    ).toBeUndefined();
  });
});
