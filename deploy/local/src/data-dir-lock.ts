import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { FlockError } from "@flock/errors";
import { identifyProcess, isAlive, type ProcessIdentity } from "@flock/provision";

/**
 * Lets one launcher at a time use a data directory. The lock file names its holder with the start time, so that a
 * lock whose holder was killed is known to be void even when its process id has been reused.
 * @returns the function that gives it up.
 * @throws FlockError `failed_precondition` naming the process that holds it.
 */
export async function lockDataDir(lockFile: string): Promise<() => Promise<void>> {
  const self = await identifyProcess(process.pid);
  if (self === undefined) throw new FlockError("internal", "cannot read this process's own start time");
  const draft = `${lockFile}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    // link(2) creates the lock with its content in one step, or fails if it is there.
    while (!(await linked(draft, lockFile))) await breakStaleLock(lockFile);
  } finally {
    await rm(draft, { force: true });
  }
  return () => rm(lockFile, { force: true });
}

async function linked(draft: string, lockFile: string): Promise<boolean> {
  try {
    await link(draft, lockFile);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function breakStaleLock(lockFile: string): Promise<void> {
  const holder = await readHolder(lockFile);
  if (holder !== undefined && (await isAlive(holder))) throw lockedBy(lockFile, holder);
  // Another launcher may be breaking the same lock and already hold a new one: what was moved aside tells.
  const aside = `${lockFile}.${randomUUID()}`;
  await rename(lockFile, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  const moved = await readHolder(aside);
  if (moved !== undefined && (await isAlive(moved))) {
    await rename(aside, lockFile);
    throw lockedBy(lockFile, moved);
  }
  await rm(aside, { force: true });
}

async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  try {
    // CAST: written by us alone; anything else fails the comparison of start times.
    return JSON.parse(await readFile(file, "utf8")) as ProcessIdentity;
  } catch {
    return undefined; // Removed meanwhile, or unreadable: then nobody holds it.
  }
}

function lockedBy(lockFile: string, holder: ProcessIdentity): FlockError {
  return new FlockError(
    "failed_precondition",
    `another launcher (process ${holder.pid}) is running on this data directory (${lockFile}). Stop it, or choose another directory with --data-dir.`,
  );
}
