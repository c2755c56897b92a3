import { type Signer, verifySignature } from "@flock/keys";
import { readReceipt, receiptMessage } from "@flock/orders";
import { encode } from "@flock/proto";
import { Receipt, type SignedReceipt } from "@flock/proto/jobs";

/** Signs what a worker vouches for. */
export function signReceipt(signer: Signer, receipt: Receipt): SignedReceipt {
  const bytes = encode(Receipt, receipt);
  return { receipt: bytes, signature: signer.sign(receiptMessage(bytes)), signer: signer.id };
}

/**
 * The receipt, if it is signed by the key that it names as its signer; undefined for anything else. Whether that key is
 * its worker's, and field values, are for the caller to check.
 */
export function openReceipt(signed: SignedReceipt): Receipt | undefined {
  const receipt = readReceipt(signed.receipt);
  if (receipt === undefined) return undefined;
  const isSigned = verifySignature(signed.signer, receiptMessage(signed.receipt), signed.signature);
  return isSigned ? receipt : undefined;
}
