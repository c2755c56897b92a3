import { randomUUID } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { FlockError } from "@flock/errors";
import { generateIdentity, type Identity, identityFromSecretKey } from "./ed25519.js";

const SECRET_KEY_BYTES = 64;

function parse(path: string, text: string): Identity {
  let numbers: unknown;
  try {
    numbers = JSON.parse(text);
  } catch {
    throw new FlockError("invalid_argument", `${path} is not a Solana key file (a JSON array of 64 numbers)`);
  }
  const isByte = (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
  if (!Array.isArray(numbers) || numbers.length !== SECRET_KEY_BYTES || !numbers.every(isByte)) {
    throw new FlockError("invalid_argument", `${path} is not a Solana key file (a JSON array of 64 numbers)`);
  }
  return identityFromSecretKey(Uint8Array.from(numbers));
}

/**
 * The identity in a Solana key file (as `solana-keygen` writes it), created with a fresh key, readable by its owner
 * only, if the file does not exist. Two processes that create it at once end up with the same key.
 */
export async function loadOrCreateIdentity(path: string): Promise<Identity> {
  await mkdir(dirname(path), { recursive: true });
  const fresh = generateIdentity();
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify([...fresh.secretKey()])}\n`, { flag: "wx", mode: 0o600 });
  try {
    // A link appears whole or not at all, and never replaces a key that another process was quicker to create.
    await link(draft, path);
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(draft);
  }
  const identity = parse(path, await readFile(path, "utf8"));
  await chmod(path, 0o600);
  return identity;
}
