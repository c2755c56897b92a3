import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { FlockError } from "@flock/errors";
import { type Identity, loadOrCreateIdentity } from "@flock/keys";
import { findLocalFacts } from "../local-mesh.js";
import type { GlobalOptions } from "../mesh-access.js";
import type { Surroundings } from "../surroundings.js";

/**
 * The key of the wallet that a command works for: `--wallet`, else `FLOCK_WALLET`, else the local mesh's demo wallet.
 */
export async function openWallet(options: GlobalOptions, surroundings: Surroundings): Promise<Identity> {
  const file = namedFile(options, surroundings) ?? (await findLocalFacts(options.dataDir))?.demoWalletFile;
  if (file === undefined)
    throw new FlockError(
      "failed_precondition",
      'which wallet? name its key file with --wallet or FLOCK_WALLET; "flock wallet create" makes one',
    );
  if (!(await exists(file)))
    throw new FlockError("not_found", `there is no wallet ${resolve(file)}: "flock wallet create" makes one`);
  return loadOrCreateIdentity(file);
}

/** Makes a wallet's key file, readable by its owner alone. Never replaces one. */
export async function createWallet(
  options: GlobalOptions,
  surroundings: Surroundings,
): Promise<{ file: string; wallet: Identity }> {
  const named = namedFile(options, surroundings);
  if (named === undefined)
    throw new FlockError("invalid_argument", "where? name the key file with --wallet or FLOCK_WALLET");
  const file = resolve(named);
  if (await exists(file)) throw new FlockError("already_exists", `${file} exists: it is left as it is`);
  return { file, wallet: await loadOrCreateIdentity(file) };
}

function namedFile(options: GlobalOptions, { environment }: Surroundings): string | undefined {
  return options.wallet || environment["FLOCK_WALLET"] || undefined;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false; // Not there, or not for us: either way it is not one to work with.
  }
}
