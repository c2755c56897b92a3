import { stat } from "node:fs/promises";
import type { Tool } from "./tool.js";
import type { ToolPlaces } from "./tool-places.js";

/** Whether a tool is on this machine; undefined: it may be, and leave no sign. */
export async function isHere(tool: Tool, places: ToolPlaces): Promise<boolean | undefined> {
  const { paths, commands, mayHide = false } = tool.signs(places);
  const found = await Promise.all([...paths, ...programFiles(commands, places)].map(exists));
  if (found.includes(true)) return true;
  return mayHide ? undefined : false;
}

/** Where the shell would look for commands. */
function programFiles(commands: readonly string[], { platform, environment, join }: ToolPlaces): string[] {
  const isWindows = platform === "win32";
  const path = environment["PATH"] ?? environment["Path"] ?? "";
  const folders = path.split(isWindows ? ";" : ":").filter((folder) => folder !== "");
  const endings = isWindows ? [".exe", ".cmd", ".bat"] : [""];
  return folders.flatMap((folder) =>
    commands.flatMap((command) => endings.map((ending) => join(folder, command + ending))),
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    // Whatever cannot be looked at is no sign.
    () => false,
  );
}
