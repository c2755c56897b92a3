import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { FlockError } from "@flock/errors";
import { type AccessTree, accessTree, createTree } from "./tree.js";

/**
 * The tree in a file.
 * @throws FlockError `not_found` without the file, `failed_precondition` if it cannot be read, `invalid_argument` if it
 * holds something else
 */
export async function readTree(file: string): Promise<AccessTree> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const what = isMissing ? "does not exist" : "cannot be read";
    throw new FlockError(isMissing ? "not_found" : "failed_precondition", `${file} ${what}`, { cause });
  }
  const refusal = new FlockError("invalid_argument", `${file} does not hold the keys of NATS accounts`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Without the parser's message: it would show a piece of the file.
    throw refusal;
  }
  const parsed = accessTree.safeParse(json);
  if (!parsed.success) throw refusal;
  return parsed.data;
}

/** The tree in a file; a fresh one, which is kept there, if there is no such file. */
export async function openTree(file: string): Promise<AccessTree> {
  try {
    return await readTree(file);
  } catch (error) {
    if (!(error instanceof FlockError) || error.code !== "not_found") throw error;
  }
  const tree = createTree();
  await writeTree(file, tree);
  return tree;
}

export function writeTree(file: string, tree: AccessTree): Promise<void> {
  return writeSecret(file, `${JSON.stringify(tree, undefined, 2)}\n`);
}

/** Replaces a file that its owner alone may read, as one step. It is on the disk before anything is named for it. */
export async function writeSecret(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}.new`;
  await writeFile(draft, text, { mode: 0o600, flag: "wx", flush: true });
  await rename(draft, file);
}
