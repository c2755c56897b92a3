import { readdirSync, readFileSync } from "node:fs";

/** Linux counts CPU time in hundredths of a second on every platform that Node runs on. */
const TICK_MS = 10;

/** CPU milliseconds that a process and its ended children have used; undefined if it is gone or this is not Linux. */
export function cpuMs(pid: number): number | undefined {
  const times = statOf(pid)?.slice(11, 15);
  return times?.reduce((sumMs, ticks) => sumMs + Number(ticks) * TICK_MS, 0);
}

/** The process and all its descendants, as far as this system tells. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of processNames()) {
    const parent = Number(statOf(Number(name))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family;
}

/** Most memory that a process ever had resident, in bytes; undefined if it is gone or this is not Linux. */
export function peakResidentBytes(pid: number): number | undefined {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

function processNames(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // Not Linux.
  }
}

/** The fields of /proc/<pid>/stat after the command's name, which may itself hold spaces: state, parent, … */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
