import type { Page } from "../../shell/page.js";

export const page: Page = {
  title: "Keys",
  route: "/keys",
  rail: { group: "Use", order: 40, icon: "keys", to: "/keys" },
  words: ["api key", "token", "revoke", "budget", "limits"],
  load: () => import("./keys-page.js"),
};
