import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { foreignEnvironment } from "./child-environment.js";

/** The version this project is developed and measured with. */
const VERSION = "2.15.1";
const RELEASE_URL = `https://github.com/nats-io/nats-server/releases/download/v${VERSION}`;

/** Until the first byte: long enough for a slow link, short enough that a machine without access soon goes on. */
const ANSWER_TIMEOUT_MS = 4_000;
/** For one whole file (about 7 MB). */
const TRANSFER_TIMEOUT_MS = 120_000;

const run = promisify(execFile);

/**
 * Downloads the pinned official release for this platform and unpacks it.
 *
 * The archive is verified against the SHA256SUMS file of the same release, fetched with it over TLS. That proves an
 * intact transfer from the project's release page; it does not protect against a replaced release, as a checksum
 * recorded here would. None is recorded because none could be confirmed independently when this was written.
 * @throws Error saying what was tried and why it failed.
 */
export async function unpackNatsRelease(
  directory: string,
  onProgress: (message: string) => void,
): Promise<string> {
  const name = `nats-server-v${VERSION}-${releasePlatform(process.platform, process.arch)}`;
  const archive = `${name}.tar.gz`;
  try {
    const sums = (await download(`${RELEASE_URL}/SHA256SUMS`)).toString("utf8");
    onProgress(`downloading nats-server ${VERSION} from its official release`);
    const bytes = await download(`${RELEASE_URL}/${archive}`);
    verifyChecksum(archive, bytes, sums);
    await writeFile(join(directory, archive), bytes);
    await run("tar", ["-xzf", archive], { cwd: directory, env: foreignEnvironment() });
    return join(directory, name, "nats-server");
  } catch (error) {
    throw new Error(`the official release ${archive}: ${reason(error)}`, { cause: error });
  }
}

/** The platform part of a release's file names, for example `linux-amd64`. */
export function releasePlatform(platform: NodeJS.Platform, architecture: string): string {
  const architectures: Record<string, string> = { x64: "amd64", arm64: "arm64", arm: "arm7", ia32: "386" };
  return `${platform}-${architectures[architecture] ?? architecture}`;
}

/**
 * Checks a file against a list in the format of `sha256sum`: one `<hex digest>  <name>` a line.
 * @throws Error when the file is not listed or its digest differs.
 */
export function verifyChecksum(name: string, bytes: Buffer, sums: string): void {
  const line = sums.split("\n").find((entry) => entry.trim().split(/\s+\*?/)[1] === name);
  if (line === undefined) throw new Error(`SHA256SUMS does not list ${name}`);
  const expected = line.trim().split(/\s+/)[0]?.toLowerCase();
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== expected) throw new Error(`checksum mismatch for ${name}: ${actual}, expected ${expected}`);
}

async function download(url: string): Promise<Buffer> {
  const answer = new AbortController();
  const timer = setTimeout(
    () => answer.abort(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)),
    ANSWER_TIMEOUT_MS,
  );
  try {
    const signal = AbortSignal.any([answer.signal, AbortSignal.timeout(TRANSFER_TIMEOUT_MS)]);
    const response = await fetch(url, { signal });
    clearTimeout(timer);
    if (!response.ok) throw new Error(`HTTP ${response.status} for ${url}`);
    return Buffer.from(await response.arrayBuffer());
  } finally {
    clearTimeout(timer);
  }
}

/** `fetch` says only "fetch failed" and keeps the reason in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Partial<Error> };
  return cause?.message === undefined ? message : `${message} (${cause.message})`;
}
