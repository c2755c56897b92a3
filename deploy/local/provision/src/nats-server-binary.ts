import { execFile } from "node:child_process";
import { access, constants, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { FlockError } from "@flock/errors";
import { CACHE_DIRECTORY } from "./cache-directory.js";
import { foreignEnvironment } from "./child-environment.js";
import { unpackDebianPackage } from "./debian-package.js";
import { unpackNatsRelease } from "./nats-release.js";

/** Before 2.10 the client refuses consumers with several filter subjects, and there is no auth callout. */
const VERSION_MIN = [2, 10] as const;

const run = promisify(execFile);

export interface LocateNatsServerOptions {
  /** Told about each long step, in words for the person waiting. Default: silent. */
  readonly onProgress?: (message: string) => void;
  /** Default: {@link CACHE_DIRECTORY}. */
  readonly cacheDirectory?: string;
  /** Searched for an installed server; the format of `PATH`. Default: this process's. */
  readonly searchPath?: string;
}

/**
 * The absolute path of a nats-server of at least 2.10, the first of: one on `PATH`; the cached one; the pinned
 * official release; on Debian the newest package that the machine's own mirror offers. The last two are put into the
 * cache, unpacked beside it and moved in as one step, so that concurrent callers and interruptions do no harm.
 * @throws FlockError `unavailable` naming what was tried, why each failed and what the user can do.
 */
export async function locateNatsServer(options: LocateNatsServerOptions = {}): Promise<string> {
  const cached = join(options.cacheDirectory ?? CACHE_DIRECTORY, "nats-server");
  const installed = await installedServer(options.searchPath ?? process.env["PATH"] ?? "");
  if (installed !== undefined) return installed;
  if (await isRecentServer(cached)) return cached;
  const failures: string[] = [];
  for (const source of [unpackNatsRelease, unpackDebianPackage]) {
    const failure = await obtain(source, cached, options.onProgress ?? (() => {}));
    if (failure === undefined) return cached;
    failures.push(failure);
  }
  throw new FlockError(
    "unavailable",
    [
      "no nats-server 2.10 or newer could be found or obtained:",
      "  on PATH: none that is recent enough",
      ...failures.map((failure) => `  ${failure}`),
      `Install nats-server (https://nats.io/download) so that it is on PATH, or put the program at ${cached}.`,
    ].join("\n"),
  );
}

/** Unpacks a nats-server into `directory` and returns the program's path in it. Says in its errors what it tried. */
export type NatsServerSource = (directory: string, onProgress: (message: string) => void) => Promise<string>;

/** Moves what `source` yields to `cached`; the reason as text when it yields nothing usable. */
async function obtain(
  source: NatsServerSource,
  cached: string,
  onProgress: (message: string) => void,
): Promise<string | undefined> {
  const parent = join(cached, "..");
  await mkdir(parent, { recursive: true });
  const workspace = await mkdtemp(join(parent, "nats-server-unpack-"));
  try {
    const program = await source(workspace, onProgress);
    if (!(await isRecentServer(program))) return `${program} does not run or is older than 2.10`;
    await rename(program, cached);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function installedServer(searchPath: string): Promise<string | undefined> {
  for (const directory of searchPath.split(delimiter).filter((entry) => entry !== "")) {
    const candidate = join(directory, "nats-server");
    if (await isRecentServer(candidate)) return candidate;
  }
  return undefined;
}

async function isRecentServer(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    const { stdout } = await run(program, ["--version"], { timeout: 10_000, env: foreignEnvironment() });
    return isRecentVersion(stdout);
  } catch {
    return false; // Missing, for another platform, or broken: the next source is asked.
  }
}

/** Whether the output of `nats-server --version`, for example `nats-server: v2.10.27`, names at least 2.10. */
export function isRecentVersion(output: string): boolean {
  const match = /v?(\d+)\.(\d+)\.\d+/.exec(output);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1]);
}
