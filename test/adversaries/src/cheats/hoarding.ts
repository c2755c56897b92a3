import { once } from "node:events";
import type { Cheat } from "../cheat.js";

export const hoarding: Cheat = {
  name: "hoarding",
  about: "takes jobs and never answers",
  // biome-ignore lint/correctness/useYield: it never says anything.
  async *answer({ signal }) {
    if (!signal.aborted) await once(signal, "abort");
  },
};
