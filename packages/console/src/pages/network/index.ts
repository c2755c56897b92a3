import type { Page } from "../../shell/page.js";

export const page: Page = {
  title: "Network",
  route: "/network",
  rail: { group: "Network", order: 10, icon: "network", to: "/network" },
  words: ["workers", "slots", "live", "hardware", "weave"],
  load: () => import("./network-page.js"),
};
