import { Agent } from "undici";
import { exchange } from "./exchange.js";
import type { AlternatingOutcome, AlternatingPlan } from "./plan.js";

/** Pairs that open the connections and warm the code; they are not reported. */
const WARM_UP_PAIRS = 3;

/**
 * Runs the plan: every pair asks both targets the same, the order reversed from pair to pair, so that whatever drifts
 * or is cached falls on both alike. Rejects with the first wrong answer, and if the two texts of a pair differ.
 */
export async function runAlternating(plan: AlternatingPlan): Promise<AlternatingOutcome> {
  const agent = new Agent({ connections: 1, pipelining: 1 });
  const firstByteMs: [number, number][] = [];
  try {
    for (let pair = -WARM_UP_PAIRS; pair < plan.pairs; pair++) {
      const body = plan.bodies[Math.abs(pair) % plan.bodies.length] ?? "";
      const [first, second] = pair % 2 === 0 ? plan.targets : [plan.targets[1], plan.targets[0]];
      const one = await exchange(agent, first, body, plan.expected);
      const other = await exchange(agent, second, body, plan.expected);
      if (one.text !== other.text)
        throw new Error(`wrong answer: ${one.text} and ${other.text} to the same prompt`);
      if (pair < 0) continue;
      firstByteMs.push(
        pair % 2 === 0 ? [one.firstByteMs, other.firstByteMs] : [other.firstByteMs, one.firstByteMs],
      );
    }
    return { kind: "alternating", firstByteMs };
  } finally {
    await agent.destroy();
  }
}
