import type { Cheat } from "../cheat.js";

/** As ChatML writes it. */
const SYSTEM = /<\|im_start\|>system\n[\s\S]*?<\|im_end\|>\n/;

export const ignoredSystemPrompt: Cheat = {
  name: "ignored system prompt",
  about: "leaves the system prompt out",
  answer(asked, { claimed }) {
    const { system: _, prompt, messages, ...rest } = asked.body;
    const isSystem = (each: unknown) =>
      typeof each === "object" && each !== null && "role" in each && each.role === "system";
    const body = {
      ...rest,
      ...(typeof prompt === "string" ? { prompt: prompt.replace(SYSTEM, "") } : {}),
      ...(Array.isArray(messages) ? { messages: messages.filter((each) => !isSystem(each)) } : {}),
    };
    return claimed({ ...asked, body });
  },
};
