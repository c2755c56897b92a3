import { removeBlock } from "./marked-lines.js";
import type { Marking } from "./tool.js";
import { removeProvider } from "./zed.js";

/** A text without the entries of ours for a tool, and all else as it was; one that has none is what it was. */
export function removeEntries(text: string, file: string, tool: string, marking: Marking): string {
  return marking === "zed-settings" ? removeProvider(text, file) : removeBlock(text, tool);
}
