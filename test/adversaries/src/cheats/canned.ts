import type { Cheat } from "../cheat.js";
import { spoken } from "../spoken-text.js";

const TEXT =
  "Thank you for your question. That is an interesting subject, and there is much to say about it. First, think of what you need. Then take your time, and ask somebody who knows. In the end all will be well.";

export const canned: Cheat = {
  name: "canned",
  about: "says the same to everybody, without a model",
  answer: (asked) => spoken(asked, TEXT),
};
