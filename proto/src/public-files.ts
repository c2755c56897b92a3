import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where they are, below the root that their imports are relative to. */
export const PUBLIC_FOLDER = "flock/public/v1";

/** The `.proto` files of the public contract, by name: what clients in other languages are generated from. */
export function publicProtoFiles(): ReadonlyMap<string, string> {
  const folder = join(import.meta.dirname, "..", PUBLIC_FOLDER);
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}
