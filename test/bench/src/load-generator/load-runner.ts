import type { GrantedJob, JobRunner, Piece, RunResult } from "@flock/jobs";
import { readInstructions } from "./load-instructions.js";

/** Paced jobs get what they are owed this often; several tokens at once when the rate is higher than that. */
const PACE_INTERVAL_MS = 5;
/** A made-up prompt length, so that counts and charges have something to add up. */
const PROMPT_TOKENS = 8;

interface Run {
  readonly tokens: number;
  readonly tokensPerMs: number;
  readonly startedMs: number;
  readonly piece: Piece;
  readonly emit: (piece: Piece) => void;
  readonly finish: (result: RunResult) => void;
  emitted: number;
}

/**
 * Generates load, not text: emits the same token as often and as fast as the request asks for. All runs share one timer
 * and one loop, so that a thousand of them cost little more than their chunks. Unpaced runs emit one token each per
 * turn of the event loop, so that they interleave as the streams of a real worker do.
 */
export class LoadRunner implements JobRunner {
  readonly #paced = new Set<Run>();
  readonly #unpaced = new Set<Run>();
  #timer: NodeJS.Timeout | undefined;
  #isTurning = false;

  run(job: GrantedJob, emit: (piece: Piece) => void, signal: AbortSignal): Promise<RunResult> {
    const { tokens, tokensPerSecond, textBytes } = readInstructions(job.request);
    return new Promise((resolve, reject) => {
      const resumed = job.resume?.deliveredTokens ?? 0;
      const run: Run = {
        tokens: Math.max(0, tokens - resumed),
        tokensPerMs: tokensPerSecond / 1_000,
        startedMs: performance.now(),
        piece: { text: "x".repeat(textBytes), tokens: 1, promptTokens: PROMPT_TOKENS },
        emit,
        finish: resolve,
        emitted: 0,
      };
      signal.addEventListener("abort", () => {
        this.#paced.delete(run);
        this.#unpaced.delete(run);
        reject(signal.reason);
      });
      this.#begin(run);
    });
  }

  #begin(run: Run): void {
    if (run.tokensPerMs > 0) {
      this.#paced.add(run);
      this.#timer ??= setInterval(() => this.#pace(), PACE_INTERVAL_MS);
    } else {
      this.#unpaced.add(run);
      if (!this.#isTurning) setImmediate(() => this.#turn());
      this.#isTurning = true;
    }
  }

  #pace(): void {
    const nowMs = performance.now();
    for (const run of this.#paced) {
      const owed = Math.floor((nowMs - run.startedMs) * run.tokensPerMs) + 1 - run.emitted;
      this.#advance(run, owed, this.#paced);
    }
    if (this.#paced.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #turn(): void {
    for (const run of this.#unpaced) this.#advance(run, 1, this.#unpaced);
    this.#isTurning = this.#unpaced.size > 0;
    if (this.#isTurning) setImmediate(() => this.#turn());
  }

  #advance(run: Run, pieces: number, runs: Set<Run>): void {
    const until = Math.min(run.tokens, run.emitted + pieces);
    while (run.emitted < until) {
      run.emitted += 1;
      run.emit(run.piece);
    }
    if (run.emitted < run.tokens) return;
    runs.delete(run);
    run.finish({
      doneReason: "length",
      promptTokens: PROMPT_TOKENS,
      completionTokens: run.emitted,
      loadDurationNs: 0,
      promptEvalDurationNs: 0,
      evalDurationNs: Math.round((performance.now() - run.startedMs) * 1e6),
    });
  }
}
