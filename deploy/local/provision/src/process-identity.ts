import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

/**
 * Who a process is beyond its number: process ids are reused, so a program that stores one (a lock, a state file, the
 * guardian) stores the start time with it and never signals a process whose start time differs.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal exactly for the same process. Kernel clock ticks since boot on Linux, `ps -o lstart` elsewhere. */
  readonly startedAt: string;
}

/** The identity of a live process; `undefined` when there is none with this id, or only its unreaped remains. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = process.platform === "linux" ? await startTicks(pid) : await startText(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** True while exactly this process lives. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.startedAt === identity.startedAt;
}

/** The command line of a live process, space separated; empty when there is none or it may not be read. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform !== "linux") return (await ps(pid, "args=")) ?? "";
  const raw = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return raw.replaceAll("\0", " ").trim();
}

/** The id of a process's parent; 0 when there is no such process. */
export async function parentOf(pid: number): Promise<number> {
  if (process.platform !== "linux") return Number(await ps(pid, "ppid=")) || 0;
  return Number((await statFields(pid))[1] ?? 0);
}

/**
 * The fields of /proc/<pid>/stat from the third on (proc(5)): state, parent, ...; empty when there is no such process.
 */
async function statFields(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The second field, the name, is in parentheses and may itself contain spaces and parentheses.
  return stat === "" ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

async function startTicks(pid: number): Promise<string | undefined> {
  const fields = await statFields(pid);
  const [state] = fields;
  // A zombie has ended; only its parent has not asked yet. The start time is field 22.
  return state === "Z" || state === "X" ? undefined : fields[19];
}

async function startText(pid: number): Promise<string | undefined> {
  const state = await ps(pid, "state=");
  return state === undefined || state.startsWith("Z") ? undefined : ps(pid, "lstart=");
}

function ps(pid: number, column: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile("ps", ["-o", column, "-p", String(pid)], (error, stdout) => {
      const text = stdout.trim();
      resolve(error || text === "" ? undefined : text);
    });
  });
}
