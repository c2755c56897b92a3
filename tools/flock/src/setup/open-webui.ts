import { quoted, variablesPlan } from "./environment-file.js";
import { isLoopback } from "./network-url.js";
import type { Tool } from "./tool.js";

/*
 * Open WebUI 0.11.0, by https://docs.openwebui.com/reference/env-configuration: ENABLE_OPENAI_API, OPENAI_API_BASE_URL
 * and OPENAI_API_KEY count at the first start; then the values in its database do, unless ENABLE_PERSISTENT_CONFIG is
 * False.
 */
export const OPEN_WEBUI: Tool = {
  name: "open-webui",
  title: "Open WebUI",
  gets: "OPENAI_API_BASE_URL, OPENAI_API_KEY",
  // In a container it leaves no sign.
  signs: () => ({ paths: [], commands: ["open-webui"], mayHide: true }),
  plan: (target, places, wishes) => {
    const variables = {
      ENABLE_OPENAI_API: "true",
      OPENAI_API_BASE_URL: `${target.url}/v1`,
      OPENAI_API_KEY: target.apiKey,
    };
    const { edits, steps } = variablesPlan("open-webui", variables, places, wishes);
    const file = edits[0]?.file ?? "";
    return {
      edits,
      steps: [
        ...steps,
        "Then: open-webui serve",
        `Or with Docker: docker run --env-file ${quoted(file)} … ghcr.io/open-webui/open-webui:main`,
        ...(isLoopback(target.url)
          ? [
              `In a container ${new URL(target.url).hostname} is the container: with --network=host it is this machine.`,
            ]
          : []),
        "These count when it starts for the first time. Later, as its administrator: Admin Panel, Settings, " +
          `Connections, OpenAI API, +: URL ${target.url}/v1, and the key.`,
      ],
    };
  },
};
