import { tmpdir } from "node:os";
import { FlockError } from "@flock/errors";
import type { RunAs } from "./foreign-process.js";
import { isReachable } from "./server-user.js";

/**
 * `TMPDIR`, or the system's temporary directory where that does not exist, or PostgreSQL's user cannot enter it.
 * @param isFit whether a path will do.
 * @throws FlockError `failed_precondition` when there is none.
 */
export async function temporaryDirectory(
  user: RunAs | undefined,
  isFit: (path: string) => boolean = () => true,
): Promise<string> {
  for (const candidate of [tmpdir(), "/tmp", "/var/tmp"].filter(isFit)) {
    if (await isReachable(candidate, user).catch(() => false)) return candidate;
  }
  throw new FlockError(
    "failed_precondition",
    "there is no temporary directory that PostgreSQL's user can reach",
  );
}
