import type { Cheat } from "../cheat.js";

export const coarserModel: Cheat = {
  name: "coarser model",
  about: "answers with a copy whose weights have four bits",
  answer: (asked, { coarser }) => coarser(asked),
};
