import type { Page } from "../../shell/page.js";

export const page: Page = {
  title: "Usage",
  route: "/usage",
  rail: { group: "Use", order: 30, icon: "usage", to: "/usage", isOnPhoneBar: true },
  words: ["balance", "spend", "deposit", "withdraw", "stake", "statement", "money", "llama"],
  load: () => import("./usage-page.js"),
};
