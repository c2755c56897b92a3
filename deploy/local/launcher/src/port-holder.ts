import { readdir, readFile, readlink } from "node:fs/promises";

const LISTENING = "0A";

/**
 * Who listens on a TCP port of this machine, for example `nats-server (process 4711)`; undefined where that cannot be
 * told: elsewhere than on Linux, and for another user's process.
 */
export async function portHolder(port: number): Promise<string | undefined> {
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => readOrNothing(`/proc/net/${name}`)));
  const sockets = tables.flatMap((table) => listeningSockets(table, port));
  if (sockets.length === 0) return undefined;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || !(await holdsOneOf(pid, sockets))) continue;
    return `${(await readOrNothing(`/proc/${pid}/comm`)).trim()} (process ${pid})`;
  }
  return undefined;
}

/** Of the lines of /proc/net/tcp (proc(5)): field 2 is `<address>:<port>` in hexadecimal, 4 the state, 10 the inode. */
function listeningSockets(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const isOurs = fields[1]?.endsWith(`:${hexPort}`) === true && fields[3] === LISTENING;
    return isOurs ? [`socket:[${fields[9]}]`] : [];
  });
}

async function holdsOneOf(pid: string, sockets: readonly string[]): Promise<boolean> {
  const directory = `/proc/${pid}/fd`;
  const names = await readdir(directory).catch(() => []); // Another user's, or gone.
  const targets = await Promise.all(names.map((name) => readlink(`${directory}/${name}`).catch(() => "")));
  return targets.some((target) => sockets.includes(target));
}

function readOrNothing(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
