import { spawn } from "node:child_process";
import { once } from "node:events";
import { FlockError } from "@flock/errors";
import { nodeEnvironment, type ProcessExit } from "@flock/provision";
import type { LogFile } from "./log-file.js";
import type { ProcessRegistry } from "./process-registry.js";
import { untilAnswers } from "./readiness.js";
import { describeExit, NotStartedAgain, type PartSpec, type Running } from "./running.js";
import { startRefusal } from "./start-refusal.js";

export interface NodeService {
  readonly name: string;
  /** Path of the built entry point. */
  readonly program: string;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Over what a program needs of the shell's environment to run at all ({@link nodeEnvironment}). */
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 200 once it is ready. */
  readonly readyUrl: string;
  /** How long it may take to end when stopped. Default 12 000: longer than the drain bound in mesh-plan.ts. */
  readonly stopWaitMs?: number;
  readonly whyNotAgain?: PartSpec["whyNotAgain"];
}

const READY_TIMEOUT_MS = 60_000;
const STOP_WAIT_MS = 12_000;

/**
 * Starts one of our own services and waits until it is ready. It runs in a session of its own, so that the terminal's
 * Ctrl-C reaches the launcher alone, and exits when the IPC channel to the launcher closes.
 * @throws FlockError `unavailable` with its last words when it ends first or is not ready within a minute;
 * `failed_precondition` in its own words when it refuses to start at all; NotStartedAgain as the service says.
 */
export async function startNodeService(
  service: NodeService,
  log: LogFile,
  registry: ProcessRegistry,
  signal: AbortSignal,
): Promise<Running> {
  signal.throwIfAborted();
  const logStart = log.end();
  const child = spawn(process.execPath, [...(service.nodeOptions ?? []), service.program], {
    env: { ...nodeEnvironment(), ...service.environment },
    detached: true,
    stdio: ["ignore", log.descriptor, log.descriptor, "ipc"],
  });
  const ended = new AbortController();
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("exit", (code, exitSignal) => {
      if (child.pid !== undefined) registry.remove(child.pid);
      ended.abort(new Error(`ended (${describeExit({ code, signal: exitSignal })})`));
      resolve({ code, signal: exitSignal });
    });
  });
  await once(child, "spawn");
  child.on("error", () => {}); // A signal that could not be sent: the process is gone, which "exit" reports.
  const stop = async () => {
    child.kill("SIGCONT"); // A frozen process would not hear anything else.
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), service.stopWaitMs ?? STOP_WAIT_MS);
    await exited;
    clearTimeout(timer);
  };
  const { pid } = child;
  if (pid === undefined) throw new FlockError("internal", `${service.name} started without a process id`);
  await registry.add(pid);
  try {
    await untilAnswers(service.readyUrl, READY_TIMEOUT_MS, AbortSignal.any([signal, ended.signal]));
  } catch (error) {
    await stop();
    signal.throwIfAborted();
    const reason = await service.whyNotAgain?.(await exited);
    if (reason !== undefined) throw new NotStartedAgain(reason);
    const words = log.lastLines(5, logStart);
    const refusal = startRefusal(words);
    if (refusal !== undefined) throw refusal;
    const { message } = error as Error;
    throw new FlockError("unavailable", `${message}\n${words}`, { cause: error });
  }
  return { pid, exited, stop };
}
