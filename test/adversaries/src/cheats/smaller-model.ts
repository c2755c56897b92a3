import type { Cheat } from "../cheat.js";

export const smallerModel: Cheat = {
  name: "smaller model",
  about: "answers with a model of fewer layers",
  answer: (asked, { smaller }) => smaller(asked),
};
