import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Beside the code, and the same for what is built of it. */
const API_FOLDER = join(import.meta.dirname, "../../..");

/** A file of the page that draws the document. */
export function pageFile(name: "index.html" | "page.js" | "page.css"): string {
  return readFileSync(join(API_FOLDER, "page", name), "utf8");
}

/** The version of the api. */
export function apiVersion(): string {
  const { version } = JSON.parse(readFileSync(join(API_FOLDER, "package.json"), "utf8")) as {
    version: string;
  };
  return version;
}
