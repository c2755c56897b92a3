import { lately } from "../../data/lately.js";
import type { Page } from "../../shell/page.js";
import { type ModelList, pathOfModel } from "./model.js";

export const page: Page = {
  title: "Models",
  route: "/models/*?",
  rail: { group: "Use", order: 20, icon: "models", to: "/models", isOnPhoneBar: true },
  words: ["prices", "speed", "queue", "wait"],
  paletteSource: (typed) => {
    const sought = typed.trim().toLowerCase();
    if (sought === "") return [];
    const { models } = lately<ModelList>("/flock/v1/models") ?? { models: [] };
    return models
      .filter(({ name }) => name.toLowerCase().includes(sought))
      .map(({ name }) => ({ title: name, kind: "model", to: pathOfModel(name) }));
  },
  load: () => import("./models-page.js"),
};
