import { cpuMs } from "./process-usage.js";

/** Processes by the name that reports give them. */
export type ProcessGroups = Readonly<Record<string, readonly number[]>>;

/** What each group of processes spent, by group; groups that did next to nothing are left out. */
export interface CpuSpent {
  /** Cores kept busy, on average. */
  readonly cores: Readonly<Record<string, number>>;
  /** CPU microseconds per unit of what was measured (a request, a chunk, …). */
  readonly usPerUnit: Readonly<Record<string, number>>;
}

/**
 * Keeps account of the CPU time that groups of processes spend while something is measured: on a
 * machine with two cores this says what a rate is bounded by.
 */
export class CpuAccount {
  readonly #spentMs = new Map<string, number>();
  #elapsedMs = 0;
  #units = 0;

  /**
   * `groups` is asked before and after, since processes come and go; `unitsOf` tells from the result how many units of
   * work it stands for.
   */
  async during<T>(
    groups: () => ProcessGroups,
    run: () => Promise<T>,
    unitsOf: (result: T) => number,
  ): Promise<T> {
    const before = spentBy(groups());
    const startedMs = performance.now();
    const result = await run();
    this.#elapsedMs += performance.now() - startedMs;
    this.#units += unitsOf(result);
    // A process that was replaced meanwhile is counted from its own begin.
    for (const [name, spentMs] of spentBy(groups())) {
      const growth = spentMs - (before.get(name) ?? 0);
      this.#spentMs.set(name, (this.#spentMs.get(name) ?? 0) + growth);
    }
    return result;
  }

  /** Empty where the system does not tell. */
  spent(): CpuSpent {
    const busy = [...this.#spentMs].filter(([, spentMs]) => spentMs / this.#elapsedMs >= 0.005);
    const per = (divisor: number) =>
      Object.fromEntries(busy.map(([name, spentMs]) => [name, spentMs / divisor]));
    return { cores: per(this.#elapsedMs), usPerUnit: per(this.#units / 1_000) };
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
