import type { Cheat } from "../cheat.js";

/** @param share Of its jobs, from 0 to 1. */
export function partial(share: number): Cheat {
  return {
    name: `smaller model in ${share * 100} % of jobs`,
    about: `answers ${share * 100} % of its jobs with a smaller model, and the others honestly`,
    answer: (asked, { claimed, smaller }, { random }) =>
      random.isLikely(share) ? smaller(asked) : claimed(asked),
  };
}
