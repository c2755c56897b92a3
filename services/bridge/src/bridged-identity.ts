import { hkdfSync } from "node:crypto";
import { type Identity, identityFromSeed } from "@flock/keys";

const SEED_BYTES = 32;
const PURPOSE = "flock/bridge/worker/v1\0";

/**
 * The identity under which the workers of a public key are known to the mesh. They cannot sign, so it is the bridge's
 * own: derived, and so the same after a restart and at every bridge with this secret. It is not the public key's, which
 * anybody may name; whoever names it changes nothing but what is known of this identity.
 */
export function bridgedIdentity(bridge: Identity, publicKey: string): Identity {
  const secret = bridge.secretKey().subarray(0, SEED_BYTES);
  return identityFromSeed(Buffer.from(hkdfSync("sha256", secret, "", PURPOSE + publicKey, SEED_BYTES)));
}
