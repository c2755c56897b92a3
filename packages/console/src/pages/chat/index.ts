import type { Page } from "../../shell/page.js";

export const page: Page = {
  title: "Chat",
  route: "/chat/*?",
  rail: { group: "Use", order: 10, icon: "chat", to: "/chat", isOnPhoneBar: true },
  words: ["ask", "answer", "prompt", "conversation", "talk"],
  load: () => import("./chat-page.js"),
};
