import type { Edit, Plan, Target } from "../src/setup/tool.js";
import type { ToolName } from "../src/setup/tool-names.js";
import { type ToolPlaces, toolPlacesOf } from "../src/setup/tool-places.js";
import { TOOLS } from "../src/setup/tools.js";

export const API_KEY = `flk_${"4".repeat(43)}`;

export const TARGET: Target = {
  url: "http://127.0.0.1:11435",
  apiKey: API_KEY,
  keySource: "FLOCK_API_KEY",
  models: [
    { name: "flock-tiny:latest", contextLength: 2048, capabilities: ["completion"] },
    { name: "seer:7b", contextLength: null, capabilities: ["completion", "tools", "vision"] },
    { name: "nomic-embed-text:latest", contextLength: 8192, capabilities: ["embedding"] },
  ],
};

export const OTHER_TARGET: Target = {
  ...TARGET,
  url: "https://llama.example",
  apiKey: `flk_${"5".repeat(44)}`,
};

/** A machine with Linux and zsh. */
export function linux(home: string, environment: ToolPlaces["environment"] = {}): ToolPlaces {
  return toolPlacesOf({ SHELL: "/bin/zsh", HOME: home, ...environment }, "linux");
}

export function planOf(
  tool: ToolName,
  target = TARGET,
  places = linux("/home/ada"),
  isProfileWanted = false,
): Plan {
  return TOOLS[tool].plan(target, places, { isProfileWanted });
}

/** The edit that a tool makes in the file whose path ends so. */
export function editOf(tool: ToolName, ending: string, target = TARGET): Edit {
  const edit = planOf(tool, target, linux("/home/ada"), true).edits.find(({ file }) => file.endsWith(ending));
  if (edit === undefined) throw new Error(`${tool} has no edit of ${ending}`);
  return edit;
}
