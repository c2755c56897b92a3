import { isLoopback } from "./network-url.js";
import type { Target, Tool } from "./tool.js";

/*
 * Cursor takes another endpoint in its settings alone. It keeps it in a database of its own, whose form is not
 * documented (User/globalStorage/state.vscdb), and so nothing is written.
 *
 * https://cursor.com/help/models-and-usage/api-keys has where keys go, and
 * https://developers.cloudflare.com/ai-gateway/integrations/coding-agents/cursor/ the fields of an endpoint. Requests
 * go to Cursor's servers first, also with a key of one's own, and those call the endpoint: the internet must reach it.
 */
export const CURSOR: Tool = {
  name: "cursor",
  title: "Cursor",
  gets: "clicks to do by hand: it reads no file",
  signs: ({ cursorFolder }) => ({ paths: [cursorFolder], commands: ["cursor"] }),
  plan: (target) => ({ edits: [], steps: [...warnings(target), ...clicks(target)] }),
};

function clicks({ url, keySource, models }: Target): string[] {
  const names = models.map(({ name }) => name).join(", ");
  return [
    "Open Cursor Settings (the gear), Models, API Keys.",
    `OpenAI API Key: switch it on and paste your key (from ${keySource}).`,
    `Override OpenAI Base URL: switch it on and enter ${url}/v1`,
    `Add a custom model for each of: ${names}. Switch it on, and choose it in a chat.`,
    "While the override is on, Cursor sends all models of OpenAI's there. Tab completion and Auto stay Cursor's own.",
    "To undo: switch both off.",
  ];
}

function warnings({ url }: Target): string[] {
  if (!isLoopback(url) && url.startsWith("https:")) return [];
  return [
    `Cursor's own servers make the requests. They cannot reach ${url}: they need a public address with https.`,
  ];
}
