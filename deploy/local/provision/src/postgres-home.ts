import { randomUUID } from "node:crypto";
import { chmod, chown, mkdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { FlockError } from "@flock/errors";
import type { RunAs } from "./foreign-process.js";
import { isReachable } from "./server-user.js";

/** Where a cluster lives whose data directory the server's user cannot reach; one folder for each. */
const OUTSIDE = "/var/lib/flockollamas";
/** In the data directory: the path of the folder outside. In the folder outside: the path of the data directory. */
const POINTER = "postgres-location";

/**
 * The directory for a PostgreSQL cluster and its private files, owned by the server's user: `<dataDir>/postgres`.
 *
 * As root the server runs as the user `nobody`, which cannot enter a data directory below a private one (a clone below
 * /root, or in a fresh `mktemp -d`). Then the cluster lives in a folder of its own in /var/lib/flockollamas. A pointer
 * file in `dataDir` names this folder, and {@link removePostgresHome} removes it.
 * @throws FlockError `failed_precondition` when no reachable place can be written.
 */
export async function postgresHome(dataDir: string, user: RunAs | undefined): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (user === undefined) return privateDirectory(join(dataDir, "postgres"), undefined);
  if (await isReachable(resolve(dataDir, ".."), user)) {
    // Passing through is all that others may do in our own directory; what is secret in it has its own mode.
    await chmod(dataDir, 0o711);
    return privateDirectory(join(dataDir, "postgres"), user);
  }
  const home = await homeOutside(dataDir);
  if (home === undefined) return createHomeOutside(dataDir, user);
  await openOutside();
  return home;
}

/** Removes the cluster of a data directory wherever it lives. Nothing may run on it. */
export async function removePostgresHome(dataDir: string): Promise<void> {
  const outside = await homeOutside(dataDir);
  if (outside !== undefined) {
    await rm(outside, { recursive: true, force: true });
    await rmdir(OUTSIDE).catch(() => {}); // Not empty: other data directories' clusters are there.
  }
  await rm(join(dataDir, POINTER), { force: true });
  await rm(join(dataDir, "postgres"), { recursive: true, force: true });
}

/** The folder that `dataDir` points to, if it points back: a copied checkout must not share its original's cluster. */
async function homeOutside(dataDir: string): Promise<string | undefined> {
  const home = await readPointer(dataDir);
  if (home === undefined || resolve(home, "..") !== OUTSIDE) return undefined;
  return (await readPointer(home)) === dataDir ? home : undefined;
}

async function createHomeOutside(dataDir: string, user: RunAs): Promise<string> {
  const home = join(OUTSIDE, randomUUID());
  try {
    await mkdir(OUTSIDE, { recursive: true });
    await openOutside();
    await privateDirectory(home, user);
    await writeFile(join(home, POINTER), dataDir);
    await writeFile(join(dataDir, POINTER), home);
    return home;
  } catch (error) {
    throw new FlockError(
      "failed_precondition",
      `PostgreSQL runs as 'nobody' under root, who cannot enter ${dataDir}, and ${OUTSIDE} cannot be written. Choose a data directory that others may pass through, for example below ${tmpdir()}, or start as another user.`,
      { cause: error },
    );
  }
}

/** A umask may have closed it when it was made. Its content is closed separately. */
async function openOutside(): Promise<void> {
  await chmod(OUTSIDE, 0o755);
}

async function readPointer(directory: string): Promise<string | undefined> {
  return readFile(join(directory, POINTER), "utf8").catch(() => undefined);
}

async function privateDirectory(path: string, user: RunAs | undefined): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  if (user !== undefined) await chown(path, user.uid, user.gid);
  return path;
}
