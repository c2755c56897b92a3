import { readFile } from "node:fs/promises";
import { FlockError } from "@flock/errors";
import { identityFromSecretKey } from "@flock/keys";
import type { Signer } from "./chain.js";

/**
 * Signs with the key in a Solana key file (a JSON array of 64 numbers). Never makes one: a treasury with a fresh key
 * would be another treasury.
 * @throws FlockError `failed_precondition` naming the file when it cannot be read or is no key.
 */
export async function openKeyFileSigner(path: string): Promise<Signer> {
  try {
    const numbers: unknown = JSON.parse(await readFile(path, "utf8"));
    if (!Array.isArray(numbers)) throw new Error("not an array");
    const identity = identityFromSecretKey(Uint8Array.from(numbers as number[]));
    return { address: identity.id, sign: async (message) => identity.sign(message) };
  } catch (cause) {
    throw new FlockError("failed_precondition", `${path} is not a readable Solana key file`, { cause });
  }
}
