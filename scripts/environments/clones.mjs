/** Clones of this checkout in a temporary directory. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { ROOT, toolEnvironment } from "../environment.mjs";

const run = promisify(execFile);

/** Not `TMPDIR`, which may be long or private: where PostgreSQL's own user comes through when we are root. */
const PARENT = "/tmp";
/** In a data directory: where PostgreSQL's files are instead, below {@link OUTSIDE}. */
const POINTER = ".flock/postgres-location";
const OUTSIDE = "/var/lib/flockollamas";

/** What has just been told to end may still write. */
const REMOVAL = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };

/** Makes clones, lends the same one to whoever does not need an untouched one, and removes all. */
export class CloneShelf {
  #parent;
  #shared;
  #clones = [];
  #stop = new AbortController();

  /** One in which everything is installed and built, and which others may have used before. */
  async shared() {
    if (this.#shared === undefined) {
      const clone = await this.fresh("shared");
      await run(process.execPath, ["scripts/run.cjs", "setup"], {
        cwd: clone,
        env: toolEnvironment(),
        signal: this.#stop.signal,
      });
      this.#shared = clone;
    }
    return this.#shared;
  }

  /** An untouched clone in a directory of this name, made under this umask (as text). */
  async fresh(name, umask = "022") {
    this.#parent ??= await mkdtemp(join(PARENT, "flock-environments-"));
    // The parent is ours; who else must pass through it is part of the trial only below it.
    await run("chmod", ["755", this.#parent]);
    const clone = join(await mkdtemp(join(this.#parent, "clone-")), name);
    await run("chmod", ["755", dirname(clone)]);
    await run("sh", [
      "-c",
      'umask "$1" && exec git clone --quiet --no-hardlinks "$2" "$3"',
      "sh",
      umask,
      ROOT,
      clone,
    ]);
    await lendNatsServer(clone);
    this.#clones.push(clone);
    return clone;
  }

  /** Also while one is being set up. */
  async remove() {
    this.#stop.abort();
    for (const clone of this.#clones) await removeClone(clone);
    if (this.#parent !== undefined) await rm(this.#parent, REMOVAL);
  }
}

/** Every clone would fetch the same 17 MB, and where they come from is no part of what is tried. */
async function lendNatsServer(clone) {
  await mkdir(join(clone, ".cache"), { recursive: true });
  await cp(join(ROOT, ".cache/nats-server"), join(clone, ".cache/nats-server")).catch(() => {
    // Not here, but on PATH, or each fetches its own.
  });
}

async function removeClone(clone) {
  const outside = await readFile(join(clone, POINTER), "utf8").catch(() => "");
  if (dirname(outside) === OUTSIDE && basename(outside) !== "")
    await rm(outside, { recursive: true, force: true });
  await rm(dirname(clone), REMOVAL);
}
