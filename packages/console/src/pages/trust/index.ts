import type { Page } from "../../shell/page.js";

export const page: Page = {
  title: "Trust",
  route: "/trust",
  rail: { group: "Network", order: 20, icon: "trust", to: "/trust" },
  words: ["checked work", "verdicts", "calibration", "cheating", "evidence", "verifier"],
  load: () => import("./trust-page.js"),
};
