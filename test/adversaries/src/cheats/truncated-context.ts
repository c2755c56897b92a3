import type { Cheat } from "../cheat.js";

/** Characters of a prompt that it reads. */
const READ = 16;

export const truncatedContext: Cheat = {
  name: "truncated context",
  about: `reads only the last ${READ} characters of a prompt`,
  answer(asked, { claimed }) {
    const { prompt, raw } = asked.body;
    // Behind a text that another worker began it has to read all: there is no telling where the prompt ends.
    if (typeof prompt !== "string" || raw === true) return claimed(asked);
    return claimed({ ...asked, body: { ...asked.body, prompt: prompt.slice(-READ) } });
  },
};
