import { join } from "node:path";

export const consoleFolder = join(import.meta.dirname, "dist");
