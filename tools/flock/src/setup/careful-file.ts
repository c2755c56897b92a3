import { randomBytes } from "node:crypto";
import {
  constants,
  copyFile,
  lstat,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FlockError } from "@flock/errors";

/*
 * Files of other people's tools, read and written so that nothing of theirs is lost: the whole new text is on disk
 * before it takes the place of the old one, by a rename in the same folder; the mode stays; a link stays a link, and
 * what it leads to is changed, if that is a file of the same person.
 */

const BYTES_MAX = 4 * 1024 * 1024;
const OWNER_ALONE = 0o600;
const FOR_ALL = 0o644;
const FOLDER_MODE = 0o700;

/** A file as it was found. */
export interface FoundFile {
  /** Where its bytes are, behind all links. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * A file of text; undefined if there is none.
 * @throws FlockError `failed_precondition` if it is no file of this person's, or no text.
 */
export async function readCarefully(file: string): Promise<FoundFile | undefined> {
  if ((await lstat(file).catch(absent)) === undefined) return undefined;
  const path = await realpath(file).catch(absent);
  if (path === undefined) throw refused(file, "is a link that leads nowhere");
  const facts = await stat(path);
  const { mode, size, uid } = facts;
  if (!facts.isFile()) throw refused(file, "is no file");
  if (process.getuid !== undefined && process.getuid() !== uid)
    throw refused(file, "belongs to somebody else");
  if (size > BYTES_MAX) throw refused(file, "is too large for a file of settings");
  try {
    // The mark at the beginning belongs to the text: it is written back.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
    return { path, text, mode: mode & 0o777 };
  } catch (cause) {
    throw new FlockError("failed_precondition", `${file} is no text in UTF-8; it is left as it is`, {
      cause,
    });
  }
}

function refused(file: string, what: string): FlockError {
  return new FlockError("failed_precondition", `${file} ${what}; it is left as it is`);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}

/** Copies a found file beside itself, and tells where. Never replaces a copy. */
export async function backUp({ path }: FoundFile, now: Date): Promise<string> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  for (let attempt = 1; ; attempt += 1) {
    const backup = `${path}.flock-backup-${time}${attempt === 1 ? "" : `-${attempt}`}`;
    try {
      // The copy has the mode of what it is a copy of.
      await copyFile(path, backup, constants.COPYFILE_EXCL);
      return backup;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

/** What becomes of the mode of a file that gets a key: nobody else may read it. */
export function modeFor(found: FoundFile | undefined, holdsKey: boolean): number {
  if (found === undefined) return holdsKey ? OWNER_ALONE : FOR_ALL;
  // Windows has no such bits, and tells 0666 of every file.
  if (process.platform === "win32") return found.mode;
  return holdsKey ? found.mode & 0o700 : found.mode;
}

/**
 * Writes a file that was found like this, or was not there.
 * @throws FlockError `aborted` if it has changed in the meantime.
 */
export async function writeCarefully(
  file: string,
  found: FoundFile | undefined,
  text: string,
  mode: number,
): Promise<void> {
  const path = found?.path ?? file;
  if (found === undefined) await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const handle = await open(draft, "wx", mode);
    try {
      // What the umask took away from a mode that was there.
      if (found !== undefined) await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if ((await readCarefully(file))?.text !== found?.text)
      throw new FlockError("aborted", `${file} was changed in this moment by somebody else; do this again`);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

export async function backupIsThere(backup: string): Promise<boolean> {
  return (await lstat(backup).catch(absent))?.isFile() ?? false;
}

/** Puts a backup back in the place of the file. */
export async function restore(found: FoundFile, backup: string): Promise<void> {
  await rename(backup, found.path);
}
