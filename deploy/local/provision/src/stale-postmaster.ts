import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { endProcess } from "./end-process.js";
import { commandLine, identifyProcess, type ProcessIdentity } from "./process-identity.js";

/** Fast shutdown, then immediate shutdown; the server's own children end when it does. */
const STOP_STEPS = [
  { signal: "SIGINT", waitMs: 10_000 },
  { signal: "SIGQUIT", waitMs: 5_000 },
] as const;

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
  await endProcess(identity, STOP_STEPS);
  await rm(lockFile, { force: true });
  return identity;
}
