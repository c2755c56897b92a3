import { type Cheat, textOf } from "../cheat.js";
import { spoken } from "../spoken-text.js";

const MORE =
  " I hope that this helps you. Please ask me more if you like, because I am always glad to be of use to you. Thank you again for your kind question, and have a good day.";

export const padding: Cheat = {
  name: "padding",
  about: "goes on with empty words where the model ended",
  async *answer(asked, { claimed }) {
    let said = 0;
    for await (const line of claimed(asked)) {
      if (line.done !== true || line.done_reason !== "stop" || said < 2) {
        if (textOf(line) !== "") said += 1;
        yield line;
        continue;
      }
      for await (const more of spoken(asked, MORE))
        yield {
          ...more,
          eval_count: said + (more.eval_count ?? 0),
          prompt_eval_count: line.prompt_eval_count,
        };
    }
  },
};
