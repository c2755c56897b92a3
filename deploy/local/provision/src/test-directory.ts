import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { identifyProcess } from "./process-identity.js";
import { serverUser } from "./server-user.js";
import { temporaryDirectory } from "./temporary-directory.js";

const PREFIX = "flock-test-";

/** A directory for one test, which servers started in it can reach. */
export interface TestDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * A new directory below the system's temporary one. Its name holds this process's id, so that the first call in a
 * process removes what test runs that were killed have left.
 */
export async function createTestDirectory(): Promise<TestDirectory> {
  const parent = await temporaryDirectory(await serverUser());
  swept ??= removeAbandoned(parent);
  await swept;
  const path = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
  await chmod(path, 0o711); // PostgreSQL's own user must pass through when we are root.
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

let swept: Promise<void> | undefined;

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (!Number.isSafeInteger(pid) || (await identifyProcess(pid)) !== undefined) continue;
    // Another process may be removing it too, or it belongs to another user.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
}
