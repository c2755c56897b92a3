import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CACHE_DIRECTORY } from "@flock/provision";

/** A Python that has the libraries, or why there is none. */
export type PythonPackages = { readonly python: string } | { readonly missing: string };

const run = promisify(execFile);
const IS_WINDOWS = process.platform === "win32";
const BASE_PYTHON = IS_WINDOWS ? "python" : "python3";
/** PyPI may be slow, and must not hold up a machine's other tests for longer. */
const INSTALL_MS_MAX = 120_000;
const VENV_MS_MAX = 60_000;
const VERSION_MS_MAX = 10_000;
/**
 * Wheels alone: nothing is compiled, which takes longer than there is time for, and leaves processes behind when it is
 * ended. Without pip's cache, which is in the user's home.
 */
const INSTALL = [
  ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check"],
  ...["--only-binary", ":all:", "--no-cache-dir"],
];

export const PYTHON_FOLDER = join(import.meta.dirname, "../python");

/**
 * Makes a virtual environment with exactly the packages of `requirements.txt`, once: it is kept in the cache for as
 * long as that file and the machine's Python stay the same.
 */
export async function preparePythonPackages(): Promise<PythonPackages> {
  const version = await run(BASE_PYTHON, ["--version"], { timeout: VERSION_MS_MAX }).catch(() => undefined);
  if (version === undefined) return { missing: `there is no ${BASE_PYTHON} on this machine` };
  const requirements = join(PYTHON_FOLDER, "requirements.txt");
  const of = createHash("sha256")
    .update(await readFile(requirements))
    .update(version.stdout);
  const home = join(CACHE_DIRECTORY, "python-clients", of.digest("hex").slice(0, 16));
  if (await isThere(pythonIn(home))) return { python: pythonIn(home) };
  // Made elsewhere and then moved, so that what is there is whole.
  const draft = `${home}.${process.pid}`;
  try {
    await mkdir(join(CACHE_DIRECTORY, "python-clients"), { recursive: true });
    await run(BASE_PYTHON, ["-m", "venv", draft], { timeout: VENV_MS_MAX });
    await run(pythonIn(draft), [...INSTALL, "-r", requirements], { timeout: INSTALL_MS_MAX });
    await rename(draft, home);
    return { python: pythonIn(home) };
  } catch (thrown) {
    // Another run may have been faster.
    if (await isThere(pythonIn(home))) return { python: pythonIn(home) };
    return { missing: `venv or pip failed: ${reasonOf(thrown)}` };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function pythonIn(home: string): string {
  return IS_WINDOWS ? join(home, "Scripts/python.exe") : join(home, "bin/python");
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The last line of what a program has said. */
function reasonOf(thrown: unknown): string {
  // CAST: what execFile rejects with; each member may be missing.
  const { stderr = "", killed, message } = thrown as { stderr?: string; killed?: boolean; message?: string };
  if (killed === true) return "it took too long";
  return stderr.trim().split("\n").at(-1) || message || "for no reason that it gave";
}
