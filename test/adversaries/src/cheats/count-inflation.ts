import type { Cheat } from "../cheat.js";

const FACTOR = 2;

export const countInflation: Cheat = {
  name: "count inflation",
  about: "answers honestly, and says that it were twice as many tokens",
  async *answer(asked, { claimed }) {
    for await (const line of claimed(asked))
      yield line.eval_count === undefined ? line : { ...line, eval_count: line.eval_count * FACTOR };
  },
};
