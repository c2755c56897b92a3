/** All durations in milliseconds. */
export interface SlotGaugeOptions {
  /** Jobs at once that the worker's operator allows. */
  readonly slotsMax: number;
  /** A run whose engine says nothing for so long while it works for another one is queued behind that. */
  readonly queuedAfterMs: number;
  /** And so much longer for each byte of its prompt: a slow machine may still be reading it. */
  readonly queuedAfterMsPerByte: number;
  /** After this time one more slot is tried; twice as long after each try that failed … */
  readonly retryMinMs: number;
  /** … up to this. */
  readonly retryMaxMs: number;
}

export const SLOT_GAUGE_DEFAULTS: Omit<SlotGaugeOptions, "slotsMax"> = {
  queuedAfterMs: 10_000,
  // Four bytes a token, fifty tokens a second.
  queuedAfterMsPerByte: 5,
  retryMinMs: 600_000,
  retryMaxMs: 6 * 3_600_000,
};

/** A run counts as being worked for if it had output within this time. */
const AT_WORK_MS = 3_000;

interface Run {
  /** After this moment it is queued, if it had no output; undefined: its engine may be silent while it works. */
  readonly overdueAtMs: number | undefined;
  outputAtMs: number | undefined;
}

/**
 * How many jobs an engine really runs at once. An Ollama takes any number of requests and queues those beyond its
 * `OLLAMA_NUM_PARALLEL`, which it tells nobody; a job in that queue is late, and could run elsewhere. So the slots
 * follow what is seen:
 *
 * - a run that gets nothing for `queuedAfterMs`, while the engine has output for others, is queued: it is given back,
 *   and the slots become as many as had output;
 * - after a while one more slot is tried.
 *
 * Pure: times are of the caller's clock.
 */
export class SlotGauge {
  readonly #options: SlotGaugeOptions;
  readonly #runs = new Map<string, Run>();
  #slots: number;
  /** When one more is tried, and how long it takes to the try after the next failure. */
  #retryAtMs = 0;
  #retryMs: number;

  constructor(options: SlotGaugeOptions) {
    this.#options = options;
    this.#slots = options.slotsMax;
    this.#retryMs = options.retryMinMs;
  }

  /** Jobs that may run at once now. */
  get slots(): number {
    return this.#slots;
  }

  /** @param mayBeQuiet The engine says nothing for long although it works at this one: tool calls, embeddings. */
  began(runId: string, promptBytes: number, mayBeQuiet: boolean, nowMs: number): void {
    const { queuedAfterMs, queuedAfterMsPerByte } = this.#options;
    const overdueAtMs = nowMs + queuedAfterMs + queuedAfterMsPerByte * promptBytes;
    this.#runs.set(runId, { overdueAtMs: mayBeQuiet ? undefined : overdueAtMs, outputAtMs: undefined });
  }

  hadOutput(runId: string, nowMs: number): void {
    const run = this.#runs.get(runId);
    if (run !== undefined) run.outputAtMs = nowMs;
  }

  ended(runId: string): void {
    this.#runs.delete(runId);
  }

  /** The engine is another one (it was away, or was restarted): nothing is known of it. */
  reset(): void {
    this.#slots = this.#options.slotsMax;
    this.#retryMs = this.#options.retryMinMs;
  }

  /** Looks at all runs; returns those that are to be given back. To be called once in a while. */
  look(nowMs: number): readonly string[] {
    const atWork = [...this.#runs.values()].filter(
      ({ outputAtMs }) => outputAtMs !== undefined && nowMs - outputAtMs <= AT_WORK_MS,
    ).length;
    const queued = [...this.#runs].filter(([, run]) => isOverdue(run, nowMs)).map(([runId]) => runId);
    if (atWork > 0 && queued.length > 0) {
      this.#slots = atWork;
      this.#retryAtMs = nowMs + this.#retryMs;
      this.#retryMs = Math.min(2 * this.#retryMs, this.#options.retryMaxMs);
      return queued;
    }
    if (this.#slots < this.#options.slotsMax && nowMs >= this.#retryAtMs) {
      this.#slots += 1;
      this.#retryAtMs = nowMs + this.#options.retryMinMs;
    }
    return [];
  }
}

function isOverdue({ overdueAtMs, outputAtMs }: Run, nowMs: number): boolean {
  return overdueAtMs !== undefined && outputAtMs === undefined && nowMs > overdueAtMs;
}
