import { chmod } from "node:fs/promises";
import { resolve } from "node:path";
import { FlockError, type FlockErrorCode } from "@flock/errors";
import { createIdentity, type Identity, loadIdentity } from "@flock/keys";
import type { Call } from "../command.js";
import { placesOf } from "../places/places.js";

type Asked = Pick<Call, "options" | "surroundings">;

/** The key of the wallet that a command works for. */
export async function openWallet(asked: Asked): Promise<Identity> {
  const file = (await placesOf(asked)).wallet?.value;
  if (file === undefined)
    throw new FlockError(
      "failed_precondition",
      'which wallet? name its key file with --wallet or FLOCK_WALLET; "flock wallet create" makes one',
    );
  const wallet = await reworded(
    loadIdentity(file),
    "not_found",
    `there is no wallet ${resolve(file)}: "flock wallet create" makes one`,
  );
  await chmod(file, 0o600);
  return wallet;
}

/** Makes a wallet's key file, readable by its owner alone. Never replaces one. */
export async function createWallet({
  options,
  surroundings,
}: Asked): Promise<{ file: string; wallet: Identity }> {
  const named = options.wallet || surroundings.environment["FLOCK_WALLET"];
  if (named === undefined || named === "")
    throw new FlockError("invalid_argument", "where? name the key file with --wallet or FLOCK_WALLET");
  const file = resolve(named);
  const made = createIdentity(file);
  return { file, wallet: await reworded(made, "already_exists", `${file} exists: it is left as it is`) };
}

/** An error of this code in words for people. */
async function reworded<T>(attempt: Promise<T>, code: FlockErrorCode, message: string): Promise<T> {
  try {
    return await attempt;
  } catch (cause) {
    if (cause instanceof FlockError && cause.code === code) throw new FlockError(code, message, { cause });
    throw cause;
  }
}
