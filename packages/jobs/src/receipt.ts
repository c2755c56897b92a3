import { type Identity, verifySignature } from "@flock/keys";
import { encode } from "@flock/proto";
import { Receipt, type SignedReceipt } from "@flock/proto/jobs";

/** Signatures are bound to this purpose, so that one can never stand for a signature over anything else. */
const DOMAIN = Buffer.from("flock/receipt/v1\0");

const RECEIPT_BYTES_MAX = 4 * 1024;

/** Signs what a worker vouches for. */
export function signReceipt(identity: Identity, receipt: Receipt): SignedReceipt {
  const bytes = encode(Receipt, receipt);
  return { receipt: bytes, signature: identity.sign(Buffer.concat([DOMAIN, bytes])), signer: identity.id };
}

/**
 * The receipt, if it is signed by its own worker; undefined for anything else. Field values are for the caller to
 * check.
 */
export function openReceipt(signed: SignedReceipt): Receipt | undefined {
  if (signed.receipt.length > RECEIPT_BYTES_MAX) return undefined;
  if (!verifySignature(signed.signer, Buffer.concat([DOMAIN, signed.receipt]), signed.signature))
    return undefined;
  try {
    const receipt = Receipt.decode(signed.receipt);
    return receipt.workerId === signed.signer ? receipt : undefined;
  } catch {
    // Signed, but not a receipt.
    return undefined;
  }
}
