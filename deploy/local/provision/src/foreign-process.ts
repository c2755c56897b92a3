import { type ChildProcess, execFile, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { FlockError } from "@flock/errors";
import { Guardian } from "./guardian.js";
import type { EndStep } from "./guardian-protocol.js";
import { OutputTail } from "./output-tail.js";
import { identifyProcess } from "./process-identity.js";

/** The user a server runs as when we are root and it refuses to be. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface ForeignCommand {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly runAs?: RunAs | undefined;
  /**
   * Sent when our process dies, however it dies: by the kernel where util-linux' `setpriv` is there (Linux), else by
   * a {@link Guardian}.
   */
  readonly deathSignal: "SIGINT" | "SIGTERM";
  /** Everything the process writes, stdout and stderr in order of arrival. */
  readonly onOutput?: ((chunk: Buffer) => void) | undefined;
}

/** How a process ended: exactly one of the two is set. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server that is not ours (nats-server, postgres), running as a child of this process. */
export interface ForeignProcess {
  readonly pid: number;
  readonly output: OutputTail;
  /** Settles once, never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** No effect once it has ended. */
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a foreign server in a session of its own: a terminal's Ctrl-C reaches only us, who stop servers in order.
 * Its output is piped through us, never left to fill a file of its own.
 * @throws FlockError `unavailable` when the program cannot be started at all (missing, not executable).
 */
export async function spawnForeign(command: ForeignCommand): Promise<ForeignProcess> {
  const hasKernelHelp = await hasDeathSignals();
  const child = hasKernelHelp ? spawnWithDeathSignal(command) : spawnPlain(command);
  const output = new OutputTail();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output.append(chunk);
      command.onOutput?.(chunk);
    });
  }
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  try {
    await once(child, "spawn");
  } catch (error) {
    throw new FlockError("unavailable", `cannot start ${command.file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  // A kill that fails is reported as an "error" event; the process is then gone or about to be reported so.
  child.on("error", () => {});
  const { pid } = child;
  if (pid === undefined) throw new FlockError("internal", `${command.file} started without a process id`);
  if (!hasKernelHelp) await guard(pid, command.deathSignal, exited);
  return { pid, output, exited, kill: (signal) => void child.kill(signal) };
}

/**
 * Ends a process in escalating steps and waits until it is gone: each signal is given its time, and the last one
 * (SIGKILL) is waited for without a bound, since nothing can refuse it.
 */
export async function endForeign(foreign: ForeignProcess, steps: readonly EndStep[]): Promise<ProcessExit> {
  for (const step of steps) {
    foreign.kill(step.signal);
    const exit = await Promise.race([foreign.exited, elapsed(step.waitMs)]);
    if (exit !== undefined) return exit;
  }
  foreign.kill("SIGKILL");
  return foreign.exited;
}

const SPAWN_OPTIONS = { cwd: "/", detached: true, stdio: ["ignore", "pipe", "pipe"] } satisfies SpawnOptions;

function spawnWithDeathSignal(command: ForeignCommand): ChildProcess {
  const { runAs } = command;
  const identity =
    runAs === undefined ? [] : [`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, "--clear-groups"];
  const args = [
    `--pdeathsig=${command.deathSignal.slice(3)}`,
    ...identity,
    "--",
    command.file,
    ...command.args,
  ];
  return spawn("setpriv", args, { ...SPAWN_OPTIONS, env: command.env });
}

function spawnPlain(command: ForeignCommand): ChildProcess {
  const { file, args, env, runAs } = command;
  return spawn(file, [...args], { ...SPAWN_OPTIONS, env, ...runAs });
}

let guardian: Promise<Guardian> | undefined;

/** One guardian for all servers of this process. */
async function guard(pid: number, deathSignal: NodeJS.Signals, exited: Promise<ProcessExit>): Promise<void> {
  guardian ??= Guardian.start();
  const watcher = await guardian;
  const identity = await identifyProcess(pid);
  if (identity === undefined) return;
  watcher.watch(identity, [{ signal: deathSignal, waitMs: GUARDED_STOP_MS }]);
  void exited.then(() => watcher.unwatch(pid));
}

/** What a server gets to shut down after our death before it is killed. */
const GUARDED_STOP_MS = 5_000;

let deathSignals: Promise<boolean> | undefined;

/** Asked once: busybox has a `setpriv` without the option, macOS has none. */
function hasDeathSignals(): Promise<boolean> {
  deathSignals ??= new Promise((resolve) => {
    execFile("setpriv", ["--pdeathsig=TERM", "--", "true"], (error) => resolve(error === null));
  });
  return deathSignals;
}

function elapsed(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}
