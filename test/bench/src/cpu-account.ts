import { cpuMs } from "./process-usage.js";

/** Processes by the name they are told of under. */
export type ProcessGroups = Readonly<Record<string, readonly number[]>>;

/** Cores that each group of processes kept busy, on average. */
export type CoresUsed = Readonly<Record<string, number>>;

/**
 * Keeps account of the CPU time that groups of processes spend while something is measured: on a
 * machine with two cores this says what a rate is bounded by.
 */
export class CpuAccount {
  readonly #spentMs = new Map<string, number>();
  #elapsedMs = 0;

  async during<T>(groups: ProcessGroups, run: () => Promise<T>): Promise<T> {
    const before = spentBy(groups);
    const startedMs = performance.now();
    const result = await run();
    this.#elapsedMs += performance.now() - startedMs;
    // A process that was replaced meanwhile is counted from its own begin.
    for (const [name, spentMs] of spentBy(groups)) {
      const growth = spentMs - (before.get(name) ?? 0);
      this.#spentMs.set(name, (this.#spentMs.get(name) ?? 0) + growth);
    }
    return result;
  }

  /** Empty where the system does not tell. */
  coresUsed(): CoresUsed {
    const entries = [...this.#spentMs].map(([name, spentMs]) => [name, spentMs / this.#elapsedMs] as const);
    return Object.fromEntries(entries.filter(([, cores]) => cores >= 0.005));
  }
}

function spentBy(groups: ProcessGroups): Map<string, number> {
  return new Map(
    Object.entries(groups).map(([name, pids]) => [
      name,
      pids.reduce((sum, pid) => sum + (cpuMs(pid) ?? 0), 0),
    ]),
  );
}
