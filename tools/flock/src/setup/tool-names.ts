/** The tools that can be set up, as people read them; the table of commands has no more of them. */
export const TOOL_NAMES = [
  "open-webui",
  "continue",
  "zed",
  "aider",
  "cursor",
  "ollama",
  "langchain",
  "sdk",
] as const;
export type ToolName = (typeof TOOL_NAMES)[number];
