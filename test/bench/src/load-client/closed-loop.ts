import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";
import { type Exchange, exchange } from "./exchange.js";
import type { ClosedLoopOutcome, ClosedLoopPlan } from "./plan.js";

/** Counts how many answers are under way at the same time. */
class OpenAnswers {
  #open = 0;
  max = 0;

  begin(): void {
    this.#open += 1;
    this.max = Math.max(this.max, this.#open);
  }

  end(): void {
    this.#open -= 1;
  }
}

/** Runs the plan; rejects with the first wrong answer. */
export async function runClosedLoop(plan: ClosedLoopPlan): Promise<ClosedLoopOutcome> {
  const agent = new Agent({ connections: plan.clients, pipelining: 1 });
  const done: Exchange[] = [];
  const open = new OpenAnswers();
  let next = 0;
  const client = async (index: number): Promise<void> => {
    if (plan.rampMs !== undefined) await sleep((plan.rampMs * index) / plan.clients);
    while (next < plan.requests) {
      const request = next++;
      const body = plan.bodies[request % plan.bodies.length] ?? "";
      const observer = { onFirstByte: () => open.begin() };
      done[request] = await exchange(agent, plan.target, body, plan.expected, observer);
      open.end();
    }
  };
  const startedMs = performance.now();
  try {
    await Promise.all(Array.from({ length: plan.clients }, (_, index) => client(index)));
    return outcomeOf(done, open, performance.now() - startedMs);
  } finally {
    await agent.destroy();
  }
}

function outcomeOf(done: readonly Exchange[], open: OpenAnswers, durationMs: number): ClosedLoopOutcome {
  const total = (value: (one: Exchange) => number) => done.reduce((sum, one) => sum + value(one), 0);
  return {
    kind: "closed-loop",
    durationMs,
    requests: done.length,
    chunks: total((one) => one.chunks),
    reads: total((one) => one.reads),
    completionTokens: total((one) => one.completionTokens),
    firstByteMs: done.map((one) => one.firstByteMs),
    totalMs: done.map((one) => one.totalMs),
    openMax: open.max,
    texts: done.map((one) => one.text),
  };
}
