import { runAlternating } from "./alternating.js";
import { runClosedLoop } from "./closed-loop.js";
import type { LoadOutcome, LoadPlan, LoadReply } from "./plan.js";
import { runTurns } from "./turns.js";

/*
 * The load client: a process of its own, so that what it costs is neither the api's nor the bench's. Takes one plan at
 * a time over IPC, answers each with its outcome, and goes when its parent does.
 */

function run(plan: LoadPlan): Promise<LoadOutcome> {
  switch (plan.kind) {
    case "alternating":
      return runAlternating(plan);
    case "closed-loop":
      return runClosedLoop(plan);
    case "turns":
      return runTurns(plan);
  }
}

async function answer(plan: LoadPlan): Promise<LoadReply> {
  try {
    return { kind: "outcome", outcome: await run(plan) };
  } catch (error) {
    return { kind: "failed", message: (error as Error).message };
  }
}

process.on("message", (plan: LoadPlan) => {
  void answer(plan).then((reply) => process.send?.(reply));
});
process.once("disconnect", () => process.exit(0));
