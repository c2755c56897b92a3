import { type Cheat, textOf } from "../cheat.js";
import { madeUp } from "../spoken-text.js";

export const fabricatedLogprobs: Cheat = {
  name: "fabricated logprobs",
  about: "answers with a smaller model, and makes up how sure it was",
  async *answer(asked, { smaller }) {
    const alternatives = Number(asked.body.top_logprobs ?? 0);
    for await (const line of smaller(asked))
      yield line.logprobs === undefined ? line : { ...line, logprobs: [madeUp(textOf(line), alternatives)] };
  },
};
