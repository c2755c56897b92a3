/*
 * What earlier commands have heard, so that Tab need not ask the network for it. It is for its owner's eyes, holds
 * names and no secrets, and whoever removes it loses nothing.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { userFolders } from "../places/user-folders.js";

type Kind = "models" | "keys";

const NAMES_MAX = 1_000;

const fileOf = (environment: NodeJS.ProcessEnv, kind: Kind) =>
  join(userFolders(environment).flockCache, `${kind}.json`);

/** Never fails: a command has done its work without it. */
export async function remember(
  environment: NodeJS.ProcessEnv,
  kind: Kind,
  names: readonly string[],
): Promise<void> {
  const file = fileOf(environment, kind);
  const draft = `${file}.${process.pid}.new`;
  try {
    await mkdir(userFolders(environment).flockCache, { recursive: true, mode: 0o700 });
    await writeFile(draft, JSON.stringify(names.slice(0, NAMES_MAX)), { mode: 0o600 });
    await rename(draft, file);
  } catch {
    // A read-only home: Tab completes less.
  }
}

export async function remembered(environment: NodeJS.ProcessEnv, kind: Kind): Promise<readonly string[]> {
  const names: unknown = JSON.parse(await readFile(fileOf(environment, kind), "utf8").catch(() => "[]"));
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}
