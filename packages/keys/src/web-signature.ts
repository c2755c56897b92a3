import { publicKeyOf, SIGNATURE_BYTES } from "./public-key.js";

/** What came of looking at a signature; `unavailable`: nothing here can look at one, so it says nothing. */
export type SignatureCheck = "valid" | "invalid" | "unavailable";

/**
 * Checks a signature where there is no Node: by WebCrypto, which browsers have on https and on localhost alone, and
 * not all of them with Ed25519. What is called valid here is what `verifySignature` takes. Never throws, whatever the
 * bytes.
 */
export async function checkSignature(
  id: string,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<SignatureCheck> {
  const raw = keyOrNone(id);
  if (raw === undefined || signature.length !== SIGNATURE_BYTES) return "invalid";
  const { subtle } = globalThis.crypto ?? {};
  if (subtle === undefined) return "unavailable";
  // The bytes are a key: what cannot import them has no Ed25519.
  const key = await subtle.importKey("raw", copyOf(raw), "Ed25519", false, ["verify"]).catch(() => undefined);
  if (key === undefined) return "unavailable";
  const verified = subtle.verify("Ed25519", key, copyOf(signature), copyOf(message));
  return verified.then(
    (isValid) => (isValid ? "valid" : "invalid"),
    () => "unavailable",
  );
}

function keyOrNone(id: string): Uint8Array | undefined {
  try {
    return publicKeyOf(id);
  } catch {
    return undefined; // No point of the curve is a key of nobody.
  }
}

/** A copy, in memory of its own: WebCrypto takes no memory that is shared. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
