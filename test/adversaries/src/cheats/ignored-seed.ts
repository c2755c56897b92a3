import { type Cheat, withOptions } from "../cheat.js";

export const ignoredSeed: Cheat = {
  name: "ignored seed",
  about: "draws by another seed than was asked for",
  answer: (asked, { claimed }, { random }) =>
    claimed(withOptions(asked, { seed: Math.floor(random.next() * 2 ** 31) })),
};
