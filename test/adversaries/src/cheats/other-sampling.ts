import { type Cheat, withOptions } from "../cheat.js";

export const otherSampling: Cheat = {
  name: "other sampling",
  about: "samples at temperature 1.5 and with no cuts, whatever was asked for",
  answer: (asked, { claimed }) =>
    claimed(withOptions(asked, { temperature: 1.5, top_k: 0, top_p: 1, min_p: 0 })),
};
