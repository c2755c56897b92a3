import { formatAmount, microOf } from "../../format/amount.js";
import { counted, formatCount } from "../../format/count.js";
import { formatDuration, formatDurationRange } from "../../format/duration.js";
import type { Model, Spread } from "./model.js";

/* The figures of a model in words. What is not known is never told as 0. */

/** Of a figure that is `null` because its group is too small to be told of, or that nobody knows. */
export function tooFew(groupMin: number): string {
  return groupMin > 1 ? `fewer than ${groupMin}` : "unknown";
}

/** Of a thousand tokens: those of one are too small to compare. */
export function pricePerThousand(micro: string): string {
  const price = microOf(micro);
  if (price === null) return "unknown";
  return price === 0n ? "free" : formatAmount(price * 1_000n);
}

export function workersWords({ workers }: Pick<Model, "workers">, groupMin: number): string {
  return workers === null ? tooFew(groupMin) : `${formatCount(workers.warm)} of ${formatCount(workers.all)}`;
}

export function slotsWords({ slots }: Pick<Model, "slots">): string {
  return slots === null
    ? "slots not told"
    : `${formatCount(slots.busy)} of ${counted(slots.all, "slot")} busy`;
}

export function waitingWords({ waiting }: Pick<Model, "waiting">): string {
  return waiting === null ? "unknown" : formatCount(waiting);
}

/** A range, because one figure would promise too much. */
export function waitWords({ wait_ms }: Pick<Model, "wait_ms">): string {
  return wait_ms === null ? "unknown" : formatDurationRange(wait_ms.p50, wait_ms.p90);
}

export function speedWords(tokensPerSecond: number): string {
  return `${formatCount(tokensPerSecond >= 10 ? Math.round(tokensPerSecond) : tokensPerSecond)}/s`;
}

export function firstTokenWords(ms: number): string {
  return formatDuration(ms);
}

export function sampleWords({ n }: Spread): string {
  return `of ${formatCount(n)}`;
}

export function contextWords({ context_length: tokens }: Pick<Model, "context_length">): string {
  return tokens === null ? "unknown" : formatCount(tokens);
}
