import { readFileSync, renameSync, writeFileSync } from "node:fs";
import {
  type EndStep,
  endProcess,
  type Guardian,
  identifyProcess,
  type ProcessIdentity,
} from "@flock/provision";

/** What a process of a mesh whose launcher is dead gets to finish before it is killed. */
const LEFTOVER_STEPS: readonly EndStep[] = [{ signal: "SIGTERM", waitMs: 3_000 }];

/**
 * The processes that this launcher has running, known to the guardian (who ends them if the launcher is killed) and
 * to a file (from which the next launcher ends them if even the guardian was killed).
 */
export class ProcessRegistry {
  readonly #file: string;
  readonly #guardian: Guardian;
  readonly #processes = new Map<number, ProcessIdentity>();

  constructor(file: string, guardian: Guardian) {
    this.#file = file;
    this.#guardian = guardian;
  }

  async add(pid: number): Promise<void> {
    const identity = await identifyProcess(pid);
    if (identity === undefined) return;
    this.#processes.set(pid, identity);
    this.#guardian.watch(identity, LEFTOVER_STEPS);
    this.#save();
  }

  remove(pid: number): void {
    if (!this.#processes.delete(pid)) return;
    this.#guardian.unwatch(pid);
    this.#save();
  }

  #save(): void {
    const draft = `${this.#file}.new`;
    writeFileSync(draft, JSON.stringify([...this.#processes.values()]), { mode: 0o600 });
    renameSync(draft, this.#file);
  }
}

/**
 * Ends whatever a launcher that was killed has left running on this data directory.
 * @returns how many processes that were.
 */
export async function endLeftovers(file: string): Promise<number> {
  let left: ProcessIdentity[];
  try {
    // CAST: written by ProcessRegistry; an entry that is not an identity matches no process.
    left = JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity[];
  } catch {
    return 0; // The first start on this directory.
  }
  const alive: ProcessIdentity[] = [];
  for (const identity of left) {
    if ((await identifyProcess(identity.pid))?.startedAt === identity.startedAt) alive.push(identity);
  }
  await Promise.all(alive.map((identity) => endProcess(identity, LEFTOVER_STEPS)));
  return alive.length;
}
