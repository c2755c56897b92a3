import type { Page } from "../../shell/page.js";

export const page: Page = {
  title: "Status",
  route: "/status",
  rail: { group: "Network", order: 40, icon: "status", to: "/status" },
  words: ["incidents", "services", "health", "reserves"],
  load: () => import("./status-page.js"),
};
