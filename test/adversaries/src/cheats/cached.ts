import type { Cheat } from "../cheat.js";
import { wholeText } from "../engine-lines.js";
import { spoken } from "../spoken-text.js";

/** How many answers it ever makes. */
const KEPT = 3;

export const cached: Cheat = {
  name: "cached",
  about: "answers a few prompts, and all others with one of those answers",
  async *answer(asked, { claimed }, { texts, random }) {
    const kept = texts.length < KEPT ? undefined : texts[Math.floor(random.next() * KEPT)];
    if (kept === undefined) {
      const text = await wholeText(claimed(asked));
      texts.push(text);
      yield* spoken(asked, text);
      return;
    }
    yield* spoken(asked, kept);
  },
};
