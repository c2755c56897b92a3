import { createRequire } from "node:module";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/** What a part of the mesh says that it is, to whoever asks. All workspaces have the same. */
export const SOFTWARE_VERSION = version;
