import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { FlockError } from "@flock/errors";

const ID_BYTES = 16;

/** A request whose body is an answer. */
export interface Push {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

/** An answer that has not begun to arrive. */
export interface ExpectedPush {
  readonly id: string;
  /** Rejects with `unavailable` if it does not begin in time, or with the reason why it is not wanted any more. */
  readonly arrived: Promise<Push>;
}

interface Expected {
  /** Of the process that was given the job. */
  readonly reference: string;
  deadlineMs: number;
  timer: NodeJS.Timeout;
  settle(push: Push): void;
  fail(error: unknown): void;
}

export interface PushDeskLimits {
  /** From the job to the beginning of its push. */
  readonly firstOutputMs: number;
  /** The same, once the worker has asked for more work. */
  readonly silenceMs: number;
}

/**
 * Brings the pushes of one key to the jobs that they answer. An id is random, belongs to the process that it was given
 * to, and is good for one push: nobody can answer a job of another, nor one job twice.
 */
export class PushDesk {
  readonly #expected = new Map<string, Expected>();

  constructor(private readonly limits: PushDeskLimits) {}

  expect(reference: string, signal: AbortSignal): ExpectedPush {
    const id = randomBytes(ID_BYTES).toString("hex");
    const arrived = new Promise<Push>((resolve, reject) => {
      const end = (finish: () => void): void => {
        clearTimeout(expected.timer);
        signal.removeEventListener("abort", onAbort);
        this.#expected.delete(id);
        finish();
      };
      const onAbort = (): void => end(() => reject(signal.reason));
      const fail = (error: unknown): void => end(() => reject(error));
      const settle = (push: Push): void => end(() => resolve(push));
      const deadlineMs = performance.now() + this.limits.firstOutputMs;
      const expected: Expected = { reference, deadlineMs, timer: this.#timer(id, deadlineMs), settle, fail };
      this.#expected.set(id, expected);
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort);
    });
    return { id, arrived };
  }

  /**
   * The process asks for more work. One that runs a job at a time, as most do, is through with it: if its Ollama has
   * refused the request, it pushes nothing. So what it owes is not waited for much longer.
   */
  askedForMore(reference: string): void {
    const deadlineMs = performance.now() + this.limits.silenceMs;
    for (const [id, expected] of this.#expected) {
      if (expected.reference !== reference || expected.deadlineMs <= deadlineMs) continue;
      clearTimeout(expected.timer);
      expected.deadlineMs = deadlineMs;
      expected.timer = this.#timer(id, deadlineMs);
    }
  }

  /** Takes a push in; false: nobody waits for it. */
  take(id: string, reference: string, push: Push): boolean {
    const expected = this.#expected.get(id);
    if (expected?.reference !== reference) return false;
    expected.settle(push);
    return true;
  }

  #timer(id: string, deadlineMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      const error = new FlockError("unavailable", "the worker did not begin to answer");
      this.#expected.get(id)?.fail(error);
    }, deadlineMs - performance.now());
  }
}
