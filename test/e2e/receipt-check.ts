import { createHash, createPublicKey, verify } from "node:crypto";
import { Receipt, SignedReceipt } from "@flock/proto/jobs";
import { base58 } from "@scure/base";

/** What `GET /flock/v1/jobs/<id>/receipt` gives, as far as it is needed to check it. */
export interface ToldReceipt {
  readonly signed_receipt: string;
  readonly delegation: { readonly text: string; readonly signature: string } | null;
}

/** What a receipt proves to who believes nobody. */
export interface ProvenReceipt {
  readonly wallet: string;
  readonly payout: string;
  readonly signer: string;
  readonly receipt: Receipt;
}

/** How Ed25519 public keys begin in DER. */
const DER_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Follows a receipt to the wallet behind it, as docs/api.md describes it and with nothing of ours but the message's
 * form: the signer has signed the receipt, the text names the signer, and the wallet has signed the text.
 * @throws Error naming the step that fails
 */
export function proveReceipt({ signed_receipt, delegation }: ToldReceipt): ProvenReceipt {
  const { receipt: bytes, signature, signer } = SignedReceipt.decode(Buffer.from(signed_receipt, "base64"));
  const message = Buffer.concat([Buffer.from("flock/receipt/v1\0"), bytes]);
  if (!isSigned(signer, message, signature)) throw new Error("the signer has not signed the receipt");
  const receipt = Receipt.decode(bytes);
  if (delegation === null) throw new Error("there is no delegation");
  const { text } = delegation;
  const facts = Object.fromEntries(text.split("\n").map((line) => line.split(/: (.*)/, 2)));
  const { wallet = "", payout = "", key, issued = "", expires = "" } = facts;
  if (!isSigned(wallet, Buffer.from(text), base58.decode(delegation.signature)))
    throw new Error("the wallet has not signed the text");
  if (key !== signer) throw new Error("the text names another key");
  if (receipt.workerId !== wallet) throw new Error("the receipt is another worker's");
  const { finishedUnixMs } = receipt;
  if (finishedUnixMs < Date.parse(issued) || finishedUnixMs > Date.parse(expires))
    throw new Error("the key might not sign at that time");
  return { wallet, payout, signer, receipt };
}

/** The hash that a receipt has of an answer which is text alone. */
export function hashOfText(text: string): string {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  const none = Buffer.alloc(4);
  return createHash("sha256")
    .update(Buffer.concat([none, length, bytes, none, none]))
    .digest("hex");
}

function isSigned(key: string, message: Uint8Array, signature: Uint8Array): boolean {
  const der = Buffer.concat([DER_PREFIX, base58.decode(key)]);
  return verify(null, message, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
}
