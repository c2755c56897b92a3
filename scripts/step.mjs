/**
 * Running one step of a script: a child process whose output is kept and shown only if it fails, with progress for
 * the person waiting, on stderr: what a command prints belongs to who reads its output. Nothing here needs an installed
 * package, nor more than Node 16 to be read.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { noProxyHere, ROOT, toolEnvironment } from "./environment.mjs";

/** A step failed; `message` names it, its cause and what the user can do. */
export class StepFailure extends Error {}

/** The script was asked to end: nothing that follows is to be done. */
class Interruption extends Error {}

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
 * @param {{ hint: string, announce?: boolean, live?: boolean, cwd?: string, environment?: NodeJS.ProcessEnv }} options
 *   hint: what the user can do about a failure; announce: say at once that the step begins and how long it took
 *   (default: only steps of more than a second); live: pass the output through, which is progress enough;
 *   environment: over that of all tools
 * @returns {Promise<string>} what it wrote
 * @throws {StepFailure}
 */
export async function runStep(name, program, args, options) {
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`;
  let isMentioned = options.announce === true;
  if (isMentioned) tell(`• ${name}\n`);
  const mention = setTimeout(() => {
    if (isMentioned || options.live) return;
    tell(`• ${name}\n`);
    isMentioned = true;
  }, MENTION_AFTER_MS);
  const remind = setInterval(() => {
    if (!options.live) tell(`  … ${name}, ${seconds()}\n`);
  }, REMIND_EVERY_MS);
  try {
    const { code, output } = await run(program, args, options);
    if (interruptedBy !== undefined) throw new Interruption(interruptedBy);
    if (code !== 0) throw new StepFailure(explain(name, code, output, options.hint));
    if (isMentioned) tell(`  done in ${seconds()}\n`);
    return output;
  } finally {
    clearTimeout(mention);
    clearInterval(remind);
  }
}

/**
 * Runs `main` and turns a {@link StepFailure} into its message and exit code 1. A signal ends the step that runs, and
 * then the script, with 128 and the signal's number; so do the end of the npm that runs us, and a reader of its output
 * that has gone away (`| head`).
 */
export async function runScript(main) {
  for (const [signal, listener] of INTERRUPTIONS) process.on(signal, listener);
  npmWatch = setInterval(stopWithoutNpm, NPM_POLL_MS).unref();
  process.stdout.on("error", onBrokenPipe);
  process.stderr.on("error", onBrokenPipe);
  try {
    await main();
  } catch (error) {
    if (error instanceof Interruption) process.exit(128 + constants.signals[error.message]);
    tell(error instanceof StepFailure ? `\n${error.message}\n` : `\n${error.stack ?? error}\n`);
    process.exitCode = 1;
  }
}

/** Runs another program's entry point in this process, as `node <path> ...args` would: no process in between. */
export async function become(path, args) {
  const program = resolve(ROOT, path);
  clearInterval(npmWatch);
  stopWithoutNpm();
  for (const [signal, listener] of INTERRUPTIONS) process.off(signal, listener);
  process.stdout.off("error", onBrokenPipe);
  process.stderr.off("error", onBrokenPipe);
  Object.assign(process.env, noProxyHere());
  process.argv = [process.argv[0], program, ...args];
  // Not the path itself: "#", "?" and "%" mean something else in what is imported.
  await import(pathToFileURL(program).href);
}

const NPM_POLL_MS = 250;
let npmWatch;
const { npm_lifecycle_event: npmEvent } = process.env;
const npmShell = process.ppid;

/** npm passes SIGTERM on to the shell in which it runs us, and to nobody else: we hear of it by that shell's end. */
function stopWithoutNpm() {
  if (npmEvent === undefined || process.ppid === npmShell) return;
  clearInterval(npmWatch); // Asking once is enough.
  interrupt("SIGTERM");
}

const children = new Set();
/** The first signal that has asked this script to end. */
let interruptedBy;

const INTERRUPTIONS = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => [signal, () => interrupt(signal)]);

/** Nothing that we have begun goes on without us. Whoever asks twice does not want to wait. */
function interrupt(signal) {
  const isInsisting = interruptedBy !== undefined;
  interruptedBy ??= signal;
  for (const child of children) child.kill(isInsisting ? "SIGKILL" : "SIGTERM");
  if (children.size === 0) process.exit(128 + constants.signals[interruptedBy]);
}

function onBrokenPipe(error) {
  if (error.code !== "EPIPE") throw error;
  interrupt("SIGPIPE");
}

function tell(text) {
  process.stderr.write(text);
}

function run(program, args, { live = false, cwd = ROOT, environment = {} }) {
  const isScript = program.includes("/") && program !== process.execPath;
  const command = isScript ? [process.execPath, program, ...args] : [program, ...args];
  const child = spawn(command[0], command.slice(1), {
    cwd,
    env: { ...toolEnvironment(), ...environment },
    stdio: ["ignore", live ? "inherit" : "pipe", live ? "inherit" : "pipe"],
  });
  children.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output += chunk;
    });
  }
  return new Promise((settle) => {
    const end = (code) => {
      children.delete(child);
      settle({ code, output });
    };
    child.once("error", (error) => end(error.message));
    child.once("close", (code, signal) => end(signal ?? code));
  });
}

function explain(name, code, output, hint) {
  const lines = output.trim() === "" ? [] : output.trim().split("\n");
  const cut = lines.length > 2 * LINES_SHOWN;
  const shown = cut ? [...lines.slice(0, LINES_SHOWN), "[…]", ...lines.slice(-LINES_SHOWN)] : lines;
  const reason = typeof code === "number" ? `exit code ${code}` : code;
  return [`FAILED: ${name} (${reason})`, ...shown.map((line) => `  ${line}`), hint].join("\n");
}
