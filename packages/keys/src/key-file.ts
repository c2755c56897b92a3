import { randomUUID } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { FlockError } from "@flock/errors";
import { generateIdentity, type Identity, identityFromSecretKey } from "./ed25519.js";

/* Key files as `solana-keygen` writes them: a JSON array of 64 numbers. */

const SECRET_KEY_BYTES = 64;

function parse(path: string, text: string): Identity {
  const refusal = new FlockError(
    "invalid_argument",
    `${path} is not a Solana key file (a JSON array of 64 numbers)`,
  );
  let numbers: unknown;
  try {
    numbers = JSON.parse(text);
  } catch {
    // Without the parser's message: it would show a piece of the file.
    throw refusal;
  }
  const isByte = (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
  if (!Array.isArray(numbers) || numbers.length !== SECRET_KEY_BYTES || !numbers.every(isByte)) throw refusal;
  return identityFromSecretKey(Uint8Array.from(numbers));
}

/**
 * The identity in a key file, which is left as it is.
 * @throws FlockError `not_found` when there is no such file, `failed_precondition` when it cannot be read,
 *   `invalid_argument` when it is no key file
 */
export async function loadIdentity(path: string): Promise<Identity> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT")
      throw new FlockError("not_found", `there is no key file ${path}`, { cause });
    throw new FlockError("failed_precondition", `the key file ${path} cannot be read`, { cause });
  }
  return parse(path, text);
}

/**
 * A fresh identity in a new key file, readable by its owner only. Never replaces a file: of two processes that create
 * it at once, one does.
 * @throws FlockError `already_exists`
 */
export async function createIdentity(path: string): Promise<Identity> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = generateIdentity();
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify([...fresh.secretKey()])}\n`, { flag: "wx", mode: 0o600 });
  try {
    // A link appears whole or not at all, and never replaces a key that another process was quicker to create.
    await link(draft, path);
    return fresh;
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw cause;
    throw new FlockError("already_exists", `the key file ${path} exists`, { cause });
  } finally {
    await rm(draft);
  }
}

/**
 * The identity in a key file that is this program's own: created if it does not exist, and readable by its owner only
 * from then on. Two processes that create it at once end up with the same key.
 */
export async function loadOrCreateIdentity(path: string): Promise<Identity> {
  try {
    return await createIdentity(path);
  } catch (error) {
    if (!(error instanceof FlockError) || error.code !== "already_exists") throw error;
  }
  const identity = await loadIdentity(path);
  await chmod(path, 0o600);
  return identity;
}

/** Of an error of Node's file system. */
function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
