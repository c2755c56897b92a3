import type { MicroLlama } from "@flock/money";
import type { Parameters } from "./parameters.js";

/** What an account's stake gives it. */
export interface Tier {
  /** 0 without stake, up to 3. */
  readonly level: TierLevel;
  readonly requestsPerMinute: number;
  /** Requests running at once. */
  readonly concurrency: number;
  /**
   * Weight in the router's fair queue: an account of weight 4 gets four times what one of weight 1 gets, when both
   * wait.
   */
  readonly priority: number;
}

export type TierLevel = 0 | 1 | 2 | 3;

const LEVELS_FROM_THE_TOP = [3, 2, 1] as const;

/** The highest tier whose smallest stake `stake` reaches. */
export function tierOf(stake: MicroLlama, { values }: Parameters): Tier {
  const level = LEVELS_FROM_THE_TOP.find((each) => stake >= values[`tier${each}StakeMinMicro`]) ?? 0;
  return {
    level,
    requestsPerMinute: values[`tier${level}RequestsPerMinute`],
    concurrency: values[`tier${level}Concurrency`],
    priority: values[`tier${level}Priority`],
  };
}
