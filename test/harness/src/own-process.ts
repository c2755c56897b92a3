import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";
import { eventually } from "@flock/provision/testing";

/** A service that a test runs beside the mesh's own. */
export interface OwnProcessOptions {
  /** Folder of the workspace whose `dist/main.js` is run. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 200 once it is ready. */
  readonly readyUrl: string;
  readonly logFile: string;
}

/** A process of ours as the launcher would run it, but under the test's control alone: nobody starts it again. */
export class OwnProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.#exited = once(child, "exit");
  }

  /** Resolves when it is ready; throws with the end of its log if it does not become so. */
  static async start({ folder, environment, readyUrl, logFile }: OwnProcessOptions): Promise<OwnProcess> {
    const log = openSync(logFile, "a");
    const program = join(REPOSITORY_ROOT, folder, "dist/main.js");
    // The channel ends the process with this one, whatever becomes of the test.
    const child = spawn(process.execPath, ["--enable-source-maps", program], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    await once(child, "spawn");
    const { pid } = child;
    if (pid === undefined) throw new Error(`${folder} started without a process id`);
    const started = new OwnProcess(child, pid);
    try {
      await eventually(`${folder} to be ready`, async () => {
        if (child.exitCode !== null || child.signalCode !== null) return true;
        return (await fetch(readyUrl)).status === 200;
      });
    } catch (error) {
      await started.stop();
      throw error;
    }
    if (child.exitCode !== null) {
      throw new Error(`${folder} ended at once:\n${readFileSync(logFile, "utf8").slice(-2_000)}`);
    }
    return started;
  }

  /** Sends a signal; resolves when the process is gone (SIGSTOP and SIGCONT: at once). */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") await this.#exited;
  }

  /** Ends it in order; no effect when it has ended. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#exited;
    clearTimeout(timer);
  }
}
