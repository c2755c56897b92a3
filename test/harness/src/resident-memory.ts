import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Memory of a process that is resident now, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const kibibytes =
    process.platform === "linux"
      ? /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]
      : (await run("ps", ["-o", "rss=", "-p", String(pid)])).stdout.trim();
  return Number(kibibytes) * 1024;
}
