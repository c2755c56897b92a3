import { verifySignature } from "@flock/keys";
import { signedForms } from "./signed-forms.js";

/** True if the wallet signed the text, in one of the forms that wallets sign. */
export function isSignedBy(wallet: string, text: string, signature: Uint8Array): boolean {
  return signedForms(wallet, text).some((bytes) => verifySignature(wallet, bytes, signature));
}
