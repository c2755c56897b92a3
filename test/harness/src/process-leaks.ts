import { readdir, readFile } from "node:fs/promises";
import { identifyProcess, isAlive, type ProcessIdentity } from "@flock/provision";

/** Variable that marks everything that a test mesh runs; children inherit it. */
export const MARK_VARIABLE = "FLOCK_TEST_MESH";

/**
 * Knows the processes of one test mesh: those that were registered, and on Linux also any that carry the mesh's mark in
 * their environment or its data directory on their command line, whatever started them.
 */
export class ProcessLedger {
  readonly #mark: string;
  readonly #dataDir: string;
  readonly #seen = new Map<string, ProcessIdentity>();

  constructor(mark: string, dataDir: string) {
    this.#mark = mark;
    this.#dataDir = dataDir;
  }

  /** Notes processes that are the mesh's. */
  async note(pids: readonly number[]): Promise<void> {
    for (const pid of pids) {
      const identity = await identifyProcess(pid);
      if (identity !== undefined) this.#seen.set(`${pid} ${identity.startedAt}`, identity);
    }
  }

  /** Ids of those that live now. */
  async alive(): Promise<number[]> {
    const pids = new Set(await this.#marked());
    for (const identity of this.#seen.values()) if (await isAlive(identity)) pids.add(identity.pid);
    return [...pids];
  }

  async #marked(): Promise<number[]> {
    if (process.platform !== "linux") return [];
    const found: number[] = [];
    for (const name of await readdir("/proc")) {
      const pid = Number(name);
      if (!Number.isSafeInteger(pid) || pid === process.pid) continue;
      const [environment, command] = await Promise.all([
        readFile(`/proc/${pid}/environ`, "utf8").catch(() => ""),
        readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
      ]);
      const isOurs =
        environment.includes(`${MARK_VARIABLE}=${this.#mark}`) || command.includes(this.#dataDir);
      if (isOurs && (await identifyProcess(pid)) !== undefined) found.push(pid);
    }
    return found;
  }
}
