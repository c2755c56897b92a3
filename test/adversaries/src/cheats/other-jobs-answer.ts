import type { Cheat } from "../cheat.js";
import { wholeText } from "../engine-lines.js";
import { spoken } from "../spoken-text.js";

export const otherJobsAnswer: Cheat = {
  name: "other job's answer",
  about: "answers each prompt with what it made of the one before",
  async *answer(asked, { claimed }, { texts }) {
    const own = await wholeText(claimed(asked));
    yield* spoken(asked, texts.pop() ?? own);
    texts.push(own);
  },
};
