import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import type { GrantedJob, JobRunner, Piece, RunResult } from "../src/index.js";

/** What a run does after some tokens instead of going on. */
export type Accident = "fail" | "hang" | "refuse";

/** A fake engine: "generates" the words of a fixed text, one token each, as a deterministic model would. */
export class ScriptedRunner implements JobRunner {
  readonly jobs: GrantedJob[] = [];
  /** Runs that were ended from outside. */
  aborted = 0;

  constructor(
    readonly words: readonly string[],
    readonly options: { tokenMs?: number; accident?: Accident; after?: number } = {},
  ) {}

  async run(job: GrantedJob, emit: (piece: Piece) => void, signal: AbortSignal): Promise<RunResult> {
    this.jobs.push(job);
    const first = job.resume?.deliveredTokens ?? 0;
    try {
      for (const [index, word] of this.words.slice(first).entries()) {
        if (this.options.accident !== undefined && first + index >= (this.options.after ?? 0))
          await this.#accident(signal);
        if (this.options.tokenMs) await sleep(this.options.tokenMs, undefined, { signal });
        signal.throwIfAborted();
        emit({ text: word, tokens: 1, promptTokens: 3 });
      }
    } catch (error) {
      if (signal.aborted) this.aborted += 1;
      throw error;
    }
    const tokens = this.words.length - first;
    const durations = { loadDurationNs: 1, promptEvalDurationNs: 2, evalDurationNs: 3 };
    return { doneReason: "stop", promptTokens: 3, completionTokens: tokens, ...durations };
  }

  async #accident(signal: AbortSignal): Promise<void> {
    if (this.options.accident === "fail") throw new Error("the engine broke");
    if (this.options.accident === "refuse") throw new FlockError("invalid_argument", "no such option");
    await sleep(600_000, undefined, { signal });
  }
}
