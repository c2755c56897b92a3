import { type Cheat, textOf } from "../cheat.js";

const LINES = 12;

export const earlyStop: Cheat = {
  name: "early stop",
  about: `says behind ${LINES} tokens that the model had ended`,
  async *answer(asked, { claimed }) {
    let said = 0;
    for await (const line of claimed(asked)) {
      if (said === LINES && line.done !== true) {
        const { logprobs: _, ...rest } = line;
        const over = "message" in line ? { message: { role: "assistant", content: "" } } : { response: "" };
        const times = {
          total_duration: 1e8,
          load_duration: 0,
          prompt_eval_duration: 1e7,
          eval_duration: 1e8,
        };
        yield { ...rest, ...over, ...times, done: true, done_reason: "stop", eval_count: LINES + 1 };
        return;
      }
      if (textOf(line) !== "") said += 1;
      yield line;
    }
  },
};
