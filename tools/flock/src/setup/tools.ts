import { AIDER } from "./aider.js";
import { CONTINUE } from "./continue.js";
import { CURSOR } from "./cursor.js";
import { LANGCHAIN } from "./langchain.js";
import { OLLAMA } from "./ollama.js";
import { OPEN_WEBUI } from "./open-webui.js";
import { SDK } from "./sdk.js";
import type { Tool } from "./tool.js";
import type { ToolName } from "./tool-names.js";
import { ZED } from "./zed.js";

export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  "open-webui": OPEN_WEBUI,
  continue: CONTINUE,
  zed: ZED,
  aider: AIDER,
  cursor: CURSOR,
  ollama: OLLAMA,
  langchain: LANGCHAIN,
  sdk: SDK,
};
