import { FlockError } from "@flock/errors";
import { loadIdentity } from "@flock/keys";
import type { Signer } from "./chain.js";

/**
 * Signs with the key in a Solana key file. Never makes one: a treasury with a fresh key would be another treasury.
 * @throws FlockError `failed_precondition` naming the file when it cannot be read or is no key.
 */
export async function openKeyFileSigner(path: string): Promise<Signer> {
  try {
    const identity = await loadIdentity(path);
    return { address: identity.id, sign: async (message) => identity.sign(message) };
  } catch (cause) {
    throw new FlockError("failed_precondition", `${path} is not a readable Solana key file`, { cause });
  }
}
