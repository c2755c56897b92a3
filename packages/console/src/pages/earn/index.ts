import type { Page } from "../../shell/page.js";

export const page: Page = {
  title: "Earn",
  route: "/earn",
  rail: { group: "Provide", order: 10, icon: "earn", to: "/earn" },
  words: ["earnings", "workers", "vesting", "clawback", "why no job"],
  load: () => import("./earn-page.js"),
};
