import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type {
  AlternatingOutcome,
  AlternatingPlan,
  ClosedLoopOutcome,
  ClosedLoopPlan,
  LoadOutcome,
  LoadPlan,
  LoadReply,
  TurnsOutcome,
  TurnsPlan,
} from "./load-client/plan.js";

/** The process that asks: runs one plan at a time. */
export class LoadClient {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  static async start(): Promise<LoadClient> {
    const child = fork(join(import.meta.dirname, "load-client/main.js"), { stdio: "inherit" });
    await once(child, "spawn");
    return new LoadClient(child);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  run(plan: ClosedLoopPlan): Promise<ClosedLoopOutcome>;
  run(plan: AlternatingPlan): Promise<AlternatingOutcome>;
  run(plan: TurnsPlan): Promise<TurnsOutcome>;
  /** Rejects with what was wrong with an answer, or when the plan is not done in time. */
  async run(plan: LoadPlan): Promise<LoadOutcome> {
    const isOver = new AbortController();
    const timeout = AbortSignal.timeout(plan.timeoutMs);
    const signal = AbortSignal.any([isOver.signal, timeout]);
    this.#process.send(plan);
    const died = once(this.#process, "exit", { signal }).then(() => {
      throw new Error("the load client died");
    });
    let reply: LoadReply;
    try {
      // CAST: our own load client sends nothing else.
      [reply] = (await Promise.race([once(this.#process, "message", { signal }), died])) as [LoadReply];
    } catch (error) {
      throw timeout.aborted ? new Error(`the load client was not done after ${plan.timeoutMs} ms`) : error;
    } finally {
      isOver.abort();
    }
    if (reply.kind === "failed") throw new Error(reply.message);
    return reply.outcome;
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.disconnect();
    await exited;
  }
}
