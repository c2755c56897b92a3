import type { KeyLimits } from "../keys/key-limits.js";
import type { TokenBounds } from "./cost.js";
import type { PlannedJob } from "./job-spec.js";

/**
 * The job, with an answer that fits into its key's limit of tokens per minute beside the prompt, if that leaves any
 * room.
 */
export function planWithin(
  { tokensPerMinute }: KeyLimits,
  plan: (completionTokensMax: number) => PlannedJob,
  completionTokensMax: number,
): PlannedJob {
  const planned = plan(completionTokensMax);
  if (tokensPerMinute === undefined || tokensOf(planned.bounds) <= tokensPerMinute) return planned;
  return plan(Math.max(1, tokensPerMinute - planned.bounds.promptTokensMax));
}

/** All that it may need, of prompt and answer. */
export function tokensOf({ promptTokensMax, completionTokensMax }: TokenBounds): number {
  return promptTokensMax + completionTokensMax;
}
