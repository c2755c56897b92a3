import { readFile, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FlockError } from "@flock/errors";
import type { RunAs } from "./foreign-process.js";

/**
 * The user PostgreSQL runs as when we are root, which it refuses: `nobody`, because initdb wants a user with a passwd
 * entry and nobody has one everywhere. `undefined` when we are not root: then it simply runs as ourselves.
 * @throws FlockError `failed_precondition` on a machine without that user.
 */
export async function serverUser(): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile("/etc/passwd", "utf8").catch(() => "");
  const match = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(passwd);
  if (match === null) {
    throw new FlockError(
      "failed_precondition",
      "PostgreSQL refuses to run as root, and this machine has no user 'nobody' to run it as. Start as another user, or set DATABASE_URL to a PostgreSQL of your own.",
    );
  }
  return { uid: Number(match[1]), gid: Number(match[2]) };
}

/**
 * Whether `user` may pass through every directory above `path`, which must exist, and into it, or run it. Judged by the
 * permission bits for others and by ownership: what a clone below /root (0700) or in a fresh `mktemp -d` fails.
 */
export async function isReachable(path: string, user: RunAs | undefined): Promise<boolean> {
  let current = await realpath(path);
  if (user === undefined) return true;
  for (;;) {
    const { mode, uid } = await stat(current);
    const bit = uid === user.uid ? 0o100 : 0o001;
    if ((mode & bit) === 0) return false;
    const parent = dirname(current);
    if (parent === current) return true;
    current = parent;
  }
}
