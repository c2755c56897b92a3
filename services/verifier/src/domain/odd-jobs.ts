/** What is odd about a job by what is known of every job. It convicts nobody: it has more of its worker's jobs checked. */
export type Oddity = "counts" | "speed" | "repeated_output" | "done_reason";

/** What is looked at. */
export interface LookedAt {
  readonly workerId: string;
  readonly isCompleted: boolean;
  readonly doneReason: string;
  readonly promptTokens: number;
  /** As the client is charged, and as the receipt says of its own lease and of those before. */
  readonly completionTokens: number;
  readonly receiptTokens: number;
  readonly decodeMs: number;
  readonly outputSha256: Uint8Array;
}

/** No machine that a worker may be writes faster for a single answer, in tokens a second. */
const TOKENS_PER_SECOND_MAX = 5_000;
/** A shorter answer may come in one piece, and is the same to many prompts. */
const TOKENS_MIN = 32;
const OUTPUTS_REMEMBERED = 16;
const REPEATED_MIN = 4;
const WORKERS_REMEMBERED = 10_000;
const DONE_REASONS: ReadonlySet<string> = new Set(["stop", "length", "load", "unload", ""]);

/** Looks at every job that ended. It remembers the last outputs of workers, by hash alone. */
export class OddJobs {
  readonly #outputs = new Map<string, string[]>();

  look(job: LookedAt): Oddity | undefined {
    if (job.isCompleted && !DONE_REASONS.has(job.doneReason)) return "done_reason";
    // A client is charged for no more than was vouched for.
    if (job.completionTokens > job.receiptTokens) return "counts";
    if (job.completionTokens < TOKENS_MIN) return undefined;
    const perSecond = (job.completionTokens * 1_000) / Math.max(1, job.decodeMs);
    if (job.decodeMs > 0 && perSecond > TOKENS_PER_SECOND_MAX) return "speed";
    return this.#isRepeated(job) ? "repeated_output" : undefined;
  }

  #isRepeated({ workerId, outputSha256 }: LookedAt): boolean {
    const hash = Buffer.from(outputSha256).toString("base64");
    const before = this.#outputs.get(workerId) ?? [];
    const outputs = [...before, hash].slice(-OUTPUTS_REMEMBERED);
    // Behind the others: the worker that was heard of longest ago is forgotten first.
    this.#outputs.delete(workerId);
    this.#outputs.set(workerId, outputs);
    const [oldest] = this.#outputs.keys();
    if (this.#outputs.size > WORKERS_REMEMBERED && oldest !== undefined) this.#outputs.delete(oldest);
    return outputs.filter((output) => output === hash).length >= REPEATED_MIN;
  }
}
