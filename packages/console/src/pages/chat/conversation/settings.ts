import { flagSetting, setting } from "./setting.js";

const PINNED_MAX = 50;

/** Names of models. */
export const pinnedModels = setting<readonly string[]>("pinned", [], (stored) =>
  Array.isArray(stored) && stored.every((name) => typeof name === "string")
    ? stored.slice(0, PINNED_MAX)
    : undefined,
);

/** The model that was asked last; the next chat begins with it. */
export const lastModel = setting<string | null>("model", null, (stored) =>
  typeof stored === "string" ? stored : undefined,
);

/** Whether answers are announced sentence by sentence, or once they are complete. */
export const announcesSentences = flagSetting("announce-sentences", true);

/** Whether the user has read who can read a prompt. */
export const hasReadPrivacy = flagSetting("privacy-read", false);
