import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { commandLine, identifyProcess, isAlive, type ProcessIdentity } from "./process-identity.js";

const STOP_WAIT_MS = 5_000;
const POLL_MS = 25;

/**
 * Clears what an earlier server left on this cluster. One that still runs (its launcher was killed) is ended first:
 * two on one cluster would destroy it, and adopting it would leave a process that nobody supervises. A lock file whose
 * process id now belongs to something else, which PostgreSQL itself would not dare to remove, is removed.
 * @returns what was ended, for the log; `undefined` when there was nothing to end.
 */
export async function clearStalePostmaster(dataDirectory: string): Promise<ProcessIdentity | undefined> {
  const lockFile = join(dataDirectory, "postmaster.pid");
  const text = await readFile(lockFile, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const pid = Number(text.split("\n")[0]);
  const identity = Number.isSafeInteger(pid) && pid > 1 ? await identifyProcess(pid) : undefined;
  if (identity === undefined || !(await commandLine(pid)).includes(dataDirectory)) {
    await rm(lockFile, { force: true });
    return undefined;
  }
  await endPostmaster(identity);
  await rm(lockFile, { force: true });
  return identity;
}

/** Fast shutdown, then immediate shutdown, then SIGKILL; the server's own children end when it does. */
async function endPostmaster(identity: ProcessIdentity): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    try {
      process.kill(identity.pid, signal);
    } catch {
      return; // It ended between the look and the signal.
    }
    const deadline = Date.now() + STOP_WAIT_MS;
    while (Date.now() < deadline) {
      if (!(await isAlive(identity))) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
