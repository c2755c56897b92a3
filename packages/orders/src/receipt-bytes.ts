import { Receipt } from "@flock/proto/jobs";

/* What a worker signs when it has done a job: the same for the worker, its requester, and whoever checks it later. */

/** Signatures are bound to this purpose, so that one can never stand for a signature over anything else. */
const DOMAIN = new TextEncoder().encode("flock/receipt/v1\0");

const RECEIPT_BYTES_MAX = 4 * 1024;

/** The bytes that are signed of an encoded receipt. */
export function receiptMessage(receipt: Uint8Array): Uint8Array {
  const message = new Uint8Array(DOMAIN.length + receipt.length);
  message.set(DOMAIN);
  message.set(receipt, DOMAIN.length);
  return message;
}

/** The receipt in these bytes; undefined if there is none. Field values are for the caller to check. */
export function readReceipt(bytes: Uint8Array): Receipt | undefined {
  if (bytes.length > RECEIPT_BYTES_MAX) return undefined;
  try {
    return Receipt.decode(bytes);
  } catch {
    return undefined;
  }
}
