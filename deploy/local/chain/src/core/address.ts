import { base58 } from "@scure/base";

/**
 * Base58 is by far the slowest step of recording a transaction, and a chain meets the same addresses again and again.
 */
const KEPT_MAX = 20_000;
const texts = new Map<string, string>();
const bytes = new Map<string, Uint8Array>();

/** 32 bytes in base58. */
export function addressText(address: Uint8Array): string {
  const key = Buffer.from(address.buffer, address.byteOffset, address.length).toString("latin1");
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = base58.encode(address);
  if (texts.size >= KEPT_MAX) texts.clear();
  texts.set(key, text);
  return text;
}

/** The bytes of an address in base58, which must not be changed. */
export function addressBytes(text: string): Uint8Array {
  const known = bytes.get(text);
  if (known !== undefined) return known;
  const address = base58.decode(text);
  if (bytes.size >= KEPT_MAX) bytes.clear();
  bytes.set(text, address);
  return address;
}
