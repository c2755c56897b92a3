import type { Cheat } from "../cheat.js";

/** The yardstick: no cheat at all, behind the same proxy. */
export const honest: Cheat = {
  name: "honest",
  about: "answers with the model that was asked for",
  answer: (asked, { claimed }) => claimed(asked),
};
