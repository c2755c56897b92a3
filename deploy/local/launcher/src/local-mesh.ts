import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { FlockError } from "@flock/errors";
import {
  identifyProcess,
  isAlive,
  nodeEnvironment,
  type ProcessIdentity,
  REPOSITORY_ROOT,
} from "@flock/provision";
import { dataPaths } from "./data-dir.js";
import { delay } from "./delay.js";
import { type LocalState, readLocalState } from "./local-state.js";

export interface LocalMeshOptions {
  /** One mesh at a time; kept when the mesh stops. */
  readonly dataDir: string;
  /** Further options of the launcher's command line, for example `["--workers", "1"]`. */
  readonly args?: readonly string[];
  /** Over what a program needs to run at all; the launcher heeds `LOG_LEVEL` and the like in it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables of the services, for example `ROUTER_QUEUE_TOTAL_MAX`. */
  readonly serviceVariables?: Readonly<Record<string, string>>;
  /** How long it may take to be ready, milliseconds. Default 120 000. */
  readonly startTimeoutMs?: number;
  /** Each line that the launcher prints. */
  readonly onLine?: (line: string) => void;
}

/** A mesh on this machine, run by a launcher of its own. */
export interface LocalMesh {
  /** As it was when the mesh became ready; for current process ids ask {@link LocalMesh.currentState}. */
  readonly state: LocalState;
  readonly launcherPid: number;
  /** Settles with the launcher's exit code (null: killed) when it ends, for whatever reason. */
  readonly exited: Promise<number | null>;
  /** Reads `local.json` again; throws when the mesh has stopped. */
  currentState(): LocalState;
  /** Everything that the launcher has printed. */
  output(): string;
  /** Ends the mesh in order, as Ctrl-C does; resolves with the launcher's exit code when nothing of it runs. */
  stop(): Promise<number | null>;
  /** SIGKILLs the launcher and resolves when everything it ran is gone as well. */
  kill(): Promise<void>;
}

/**
 * Starts a mesh as `npm start` does, from built output, always with the embedded engine and embedded servers, on free
 * ports unless `args` say otherwise. Any number run side by side. It ends when this process dies.
 * @throws FlockError `unavailable` with what the launcher printed when the mesh does not become ready.
 */
export async function startLocalMesh(options: LocalMeshOptions): Promise<LocalMesh> {
  const program = join(REPOSITORY_ROOT, "deploy/local/launcher/dist/main.js");
  const variables = Object.entries(options.serviceVariables ?? {}).flatMap(([name, value]) => {
    return ["--set", `${name}=${value}`];
  });
  const args = [program, "--data-dir", options.dataDir, "--engine", ...variables, ...(options.args ?? [])];
  const launcher = spawn(process.execPath, args, {
    // What the launcher would heed (DATABASE_URL and the like) would make test meshes share their parts.
    env: { ...nodeEnvironment(), ...options.environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const lines: string[] = [];
  const isReady = collectLines(launcher, lines, options.onLine);
  const exited = once(launcher, "exit").then(([code]) => code as number | null);
  const outcome = await Promise.race([
    isReady,
    exited.then((code) => `ended with exit code ${code}`),
    timeout(options.startTimeoutMs ?? 120_000),
  ]);
  if (outcome !== undefined) {
    launcher.kill("SIGTERM");
    await exited;
    throw new FlockError("unavailable", `the launcher ${outcome}:\n${lines.join("\n")}`);
  }
  return runningMesh(launcher, exited, options.dataDir, lines);
}

function runningMesh(
  launcher: ChildProcess,
  exited: Promise<number | null>,
  dataDir: string,
  lines: readonly string[],
): LocalMesh {
  const currentState = () => {
    const state = readLocalState(dataPaths(dataDir).localState);
    if (state === undefined) throw new FlockError("failed_precondition", `no mesh runs on ${dataDir}`);
    return state;
  };
  const state = currentState();
  return {
    state,
    launcherPid: state.launcherPid,
    exited,
    currentState,
    output: () => lines.join("\n"),
    async stop() {
      launcher.kill("SIGTERM");
      return exited;
    },
    async kill() {
      const pids = Object.values(readLocalState(dataPaths(dataDir).localState)?.pids ?? {}).flat();
      const running = (await Promise.all(pids.map(identifyProcess))).filter((found) => found !== undefined);
      launcher.kill("SIGKILL");
      await exited;
      await untilGone(running);
    },
  };
}

/** Resolves when the launcher has printed its `READY` line. */
function collectLines(
  launcher: ChildProcess,
  lines: string[],
  onLine?: (line: string) => void,
): Promise<undefined> {
  return new Promise((resolve) => {
    for (const input of [launcher.stdout, launcher.stderr]) {
      if (input === null) continue;
      createInterface({ input }).on("line", (line) => {
        lines.push(line);
        onLine?.(line);
        if (line.startsWith("READY")) resolve(undefined);
      });
    }
  });
}

async function untilGone(processes: readonly ProcessIdentity[]): Promise<void> {
  while ((await Promise.all(processes.map(isAlive))).some(Boolean)) await delay(20);
}

function timeout(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, ms, `was not ready within ${ms / 1_000} s`).unref());
}
