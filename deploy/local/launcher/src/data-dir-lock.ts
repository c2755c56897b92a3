import { randomUUID } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import { identifyProcess, isAlive, type ProcessIdentity } from "@flock/provision";

/** Another launcher needs less to look at a lock and remove it. */
const BREAKING_MS = 5;

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
    while (!(await linked(draft, lockFile))) await breakStaleLock(lockFile, draft);
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

/**
 * Removes the lock if its holder is gone. One launcher at a time: while it looks at the lock and removes it, nobody
 * else does, so that what it removes is what it has looked at.
 * @param draft file that names this process.
 */
async function breakStaleLock(lockFile: string, draft: string): Promise<void> {
  const holder = await readHolder(lockFile);
  if (holder !== undefined && (await isAlive(holder))) throw lockedBy(lockFile, holder);
  const breaking = `${lockFile}.breaking`;
  if (!(await linked(draft, breaking))) {
    const breaker = await readHolder(breaking);
    if (breaker !== undefined && !(await isAlive(breaker))) throw leftBroken(lockFile, breaking);
    return await sleep(BREAKING_MS);
  }
  try {
    const found = await readHolder(lockFile);
    if (found !== undefined && !(await isAlive(found))) await rm(lockFile, { force: true });
  } finally {
    await rm(breaking, { force: true });
  }
}

/** The author of a lock that cannot be read: no process has this id. */
const NOBODY: ProcessIdentity = { pid: 0, startedAt: "" };

/** Who wrote the lock; undefined if there is none. */
async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  try {
    // CAST: written by us alone; anything else fails the comparison of start times.
    return JSON.parse(await readFile(file, "utf8")) as ProcessIdentity;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : NOBODY;
  }
}

function leftBroken(lockFile: string, breaking: string): FlockError {
  return new FlockError(
    "failed_precondition",
    `a launcher died while it took over ${lockFile}. If no other is running, remove ${breaking} and start again.`,
  );
}

function lockedBy(lockFile: string, holder: ProcessIdentity): FlockError {
  return new FlockError(
    "failed_precondition",
    `another launcher (process ${holder.pid}) is running on this data directory (${lockFile}). Stop it, or choose another directory with --data-dir.`,
  );
}
