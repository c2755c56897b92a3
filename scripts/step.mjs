/**
 * Running one step of a script: a child process whose output is kept and shown only if it fails, with progress for
 * the person waiting. Nothing here needs an installed package, nor more than Node 16 to be read.
 */
import { spawn } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of this checkout. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** For every tool: report nothing to anybody, look for no update, write nothing outside the checkout. */
const QUIET_TOOLS = {
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
  TURBO_CONFIG_DIR_PATH: join(ROOT, ".cache/turborepo"),
  // buf, biome and swc keep caches below this.
  XDG_CACHE_HOME: join(ROOT, ".cache/tools"),
};

/** A step failed; `message` names it, its cause and what the user can do. */
export class StepFailure extends Error {}

/** Steps shorter than this are not mentioned unless asked for. */
const MENTION_AFTER_MS = 1_000;
const REMIND_EVERY_MS = 10_000;
/** Of a failed step's output: so many from its beginning, where npm says why, and so many from its end. */
const LINES_SHOWN = 20;

/**
 * Runs a program to its end.
 * @param {string} name what the person is told is being done
 * @param {string} program a command, or a path below the root: then run with Node
 * @param {readonly string[]} args
 * @param {{ hint: string, announce?: boolean, live?: boolean, cwd?: string }} options
 *   hint: what the user can do about a failure; announce: say at once that the step begins and how long it took
 *   (default: only steps of more than a second); live: pass the output through, which is progress enough
 * @returns {Promise<string>} what it wrote
 * @throws {StepFailure}
 */
export async function runStep(name, program, args, options) {
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`;
  let isMentioned = options.announce === true;
  if (isMentioned) process.stdout.write(`• ${name}\n`);
  const mention = setTimeout(() => {
    if (isMentioned || options.live) return;
    process.stdout.write(`• ${name}\n`);
    isMentioned = true;
  }, MENTION_AFTER_MS);
  const remind = setInterval(() => {
    if (!options.live) process.stdout.write(`  … ${name}, ${seconds()}\n`);
  }, REMIND_EVERY_MS);
  try {
    const { code, output } = await run(program, args, options);
    if (code !== 0) throw new StepFailure(explain(name, code, output, options.hint));
    if (isMentioned) process.stdout.write(`  done in ${seconds()}\n`);
    return output;
  } finally {
    clearTimeout(mention);
    clearInterval(remind);
  }
}

/** Runs `main` and turns a {@link StepFailure} into its message and exit code 1. */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(
      error instanceof StepFailure ? `\n${error.message}\n` : `\n${error.stack ?? error}\n`,
    );
    process.exitCode = 1;
  }
}

/** Runs another program's entry point in this process, as `node <path> ...args` would: no process in between. */
export async function become(path, args) {
  const program = resolve(ROOT, path);
  process.argv = [process.argv[0], program, ...args];
  await import(program);
}

function run(program, args, { live = false, cwd = ROOT }) {
  const isScript = program.includes("/") && program !== process.execPath;
  const command = isScript ? [process.execPath, program, ...args] : [program, ...args];
  const child = spawn(command[0], command.slice(1), {
    cwd,
    env: { ...process.env, ...QUIET_TOOLS },
    stdio: ["ignore", live ? "inherit" : "pipe", live ? "inherit" : "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output += chunk;
    });
  }
  return new Promise((settle) => {
    child.once("error", (error) => settle({ code: error.message, output }));
    child.once("close", (code, signal) => settle({ code: signal ?? code, output }));
  });
}

function explain(name, code, output, hint) {
  const lines = output.trim() === "" ? [] : output.trim().split("\n");
  const cut = lines.length > 2 * LINES_SHOWN;
  const shown = cut ? [...lines.slice(0, LINES_SHOWN), "[…]", ...lines.slice(-LINES_SHOWN)] : lines;
  const reason = typeof code === "number" ? `exit code ${code}` : code;
  return [`FAILED: ${name} (${reason})`, ...shown.map((line) => `  ${line}`), hint].join("\n");
}
