/** Tries one environment: runs what it says in a clone, and looks whether that ends as it says. */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { toolEnvironment } from "../environment.mjs";

const run = promisify(execFile);

const READY_TIMEOUT_MS = 600_000;
const STOP_TIMEOUT_MS = 60_000;
const LEFT_OVER_TIMEOUT_MS = 10_000;
/** Of what a trial printed: so much is shown when it failed. */
const LINES_SHOWN = 25;

/**
 * What is tried.
 * @typedef {object} Environment
 * @property {string} name
 * @property {string} [directory] of an untouched clone; without it one is used that others have used before
 * @property {string} [umask] for the clone and for the command; default 022
 * @property {NodeJS.ProcessEnv} [variables] `undefined` unsets one
 * @property {string} [command] for the shell, in the clone; default `npm start`
 * @property {(clone: string) => Promise<void>} [prepare]
 * @property {readonly RegExp[]} [says] must all be found in what is printed
 * @property {boolean} [isRefused] it must end by itself with an exit code that is not 0, and without a stack trace
 * @property {boolean} [ends] it must end by itself with exit code 0
 * @property {RegExp} [interruptAt] SIGTERM when this is printed: it must end, and leave nothing
 */

/** @returns {Promise<string | undefined>} what was wrong; undefined: nothing */
export async function tryEnvironment(environment, shelf) {
  const { directory, umask = "022", prepare } = environment;
  const clone = directory === undefined ? await shelf.shared() : await shelf.fresh(directory, umask);
  await prepare?.(clone);
  const trial = new Trial(clone, environment);
  current = trial;
  try {
    await trial.run();
    return undefined;
  } catch (error) {
    return `${error.message}\n${trial.lastLines()}`;
  } finally {
    await trial.kill();
  }
}

let current;

/** Ends what runs at this moment: we are asked to stop. */
export async function endTrial() {
  await current?.kill();
}

class Trial {
  #environment;
  #clone;
  #child;
  #exited;
  #mark = randomBytes(8).toString("hex");
  #output = "";

  constructor(clone, environment) {
    this.#environment = environment;
    this.#clone = clone;
    const { command = "npm start", umask = "022", variables = {} } = environment;
    const entries = Object.entries({ ...toolEnvironment(), ...variables, FLOCK_TEST_MESH: this.#mark });
    this.#child = spawn("sh", ["-c", `umask ${umask}; ${command}`], {
      cwd: clone,
      env: Object.fromEntries(entries.filter(([, value]) => value !== undefined)),
      // A process group of its own, as a terminal gives to what is started in it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.#output += text;
      });
    }
    this.#exited = once(this.#child, "close").then(([code]) => code);
  }

  async run() {
    const { isRefused, ends, interruptAt, says = [] } = this.#environment;
    if (isRefused || ends) await this.#expectEnd(isRefused ? "a refusal" : "a good end", isRefused);
    else if (interruptAt !== undefined) await this.#until(interruptAt);
    else {
      await this.#until(/^READY /m);
      await this.#ask();
    }
    for (const pattern of says) if (!pattern.test(this.#output)) throw new Error(`it did not say ${pattern}`);
    if (!isRefused && !ends) await this.#stop();
    await this.#expectNothingLeft();
  }

  lastLines() {
    return this.#output.trim().split("\n").slice(-LINES_SHOWN).join("\n");
  }

  async kill() {
    for (const pid of await this.#left()) process.kill(pid, "SIGKILL");
  }

  async #until(pattern) {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!pattern.test(this.#output)) {
      if (this.#child.exitCode !== null)
        throw new Error(`it ended (exit code ${this.#child.exitCode}) before ${pattern}`);
      if (Date.now() > deadline) throw new Error(`it did not say ${pattern} in time`);
      await sleep(50);
    }
  }

  /** Runs the line that is printed, as it is printed. */
  async #ask() {
    const line = /^\s+(curl .*)$/m.exec(this.#output)?.[1];
    if (line === undefined) throw new Error("it printed no curl line");
    const { stdout } = await run("sh", ["-c", `${line.replace(/^curl/, "curl -sS --noproxy '*' -m 60")}`]);
    if (JSON.parse(stdout).done !== true)
      throw new Error(`the curl line was answered with ${stdout.slice(0, 300)}`);
  }

  async #expectEnd(what, isRefused) {
    const code = await Promise.race([this.#exited, sleep(READY_TIMEOUT_MS, "late", { ref: false })]);
    if (code === "late") throw new Error(`${what} was expected, but it goes on`);
    if ((code !== 0) !== Boolean(isRefused))
      throw new Error(`${what} was expected, but its exit code is ${code}`);
    if (isRefused && /^\s+at .*:\d+:\d+\)?$/m.test(this.#output))
      throw new Error("it ended with a stack trace");
  }

  /** To npm alone, as a supervisor does: not to its group, as a terminal would. */
  async #stop() {
    process.kill(await npmBelow(this.#child.pid), "SIGTERM");
    const code = await Promise.race([this.#exited, sleep(STOP_TIMEOUT_MS, "late", { ref: false })]);
    if (code === "late") throw new Error("it did not end within a minute of SIGTERM");
  }

  async #expectNothingLeft() {
    const deadline = Date.now() + LEFT_OVER_TIMEOUT_MS;
    for (;;) {
      const left = await this.#left();
      if (left.length === 0) return;
      if (Date.now() > deadline) {
        const names = await Promise.all(left.map((pid) => read(`/proc/${pid}/comm`)));
        throw new Error(
          `it left processes: ${left.map((pid, index) => `${pid} ${names[index].trim()}`).join(", ")}`,
        );
      }
      await sleep(100);
    }
  }

  /** Ids of the processes that carry the mark of this trial in their environment, or work in its clone. */
  async #left() {
    const marked = [];
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
      const hasMark = (await read(`/proc/${pid}/environ`)).includes(`FLOCK_TEST_MESH=${this.#mark}`);
      const isInClone = (await readlink(`/proc/${pid}/cwd`).catch(() => "")).startsWith(this.#clone);
      const isMarked = hasMark || isInClone;
      const isZombie = /^State:\s+Z/m.test(await read(`/proc/${pid}/status`));
      if (isMarked && !isZombie) marked.push(Number(pid));
    }
    return marked;
  }
}

/** The shell that runs a command may have become it, or be its parent. */
async function npmBelow(pid) {
  const children = (await read(`/proc/${pid}/task/${pid}/children`)).trim().split(" ").filter(Boolean);
  const isShell = (await read(`/proc/${pid}/comm`)).trim() === "sh";
  return isShell && children[0] !== undefined ? Number(children[0]) : pid;
}

function read(path) {
  return readFile(path, "utf8").catch(() => "");
}
