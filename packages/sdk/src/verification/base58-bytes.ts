import { base58 } from "@scure/base";

/** The bytes of a text in base58; none for what is no such text: nobody's signature. */
export function base58Bytes(text: string): Uint8Array {
  try {
    return base58.decode(text);
  } catch {
    return new Uint8Array();
  }
}
