/** A text and the wallet's signature over it: 64 bytes, or those in base58 or base64. */
export interface SignedText {
  readonly text: string;
  readonly signature: string | Uint8Array;
}

/** A signature as a request carries it. */
export function signatureText(signature: string | Uint8Array): string {
  return typeof signature === "string" ? signature : btoa(String.fromCharCode(...signature));
}

/** The body of a request with a signed text. */
export function signedBody({ text, signature }: SignedText): Readonly<Record<string, unknown>> {
  return { text, signature: signatureText(signature) };
}
