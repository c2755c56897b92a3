import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { nodeEnvironment, REPOSITORY_ROOT } from "@flock/provision";

const PROGRAM = join(REPOSITORY_ROOT, "services/worker/dist/main.js");

/** A worker that somebody starts in a folder of his own, with what docs/workers.md says that it needs. */
export class Stranger {
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  /** @param environment is all that it is told. */
  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#environment = environment;
  }

  /** Where it has put its wallet. */
  get keyFile(): string {
    return join(this.#folder, "worker-key.json");
  }

  start(): void {
    const log = openSync(join(this.#folder, "worker.log"), "a");
    // The channel ends it with the test, whatever becomes of that.
    this.#child = spawn(process.execPath, [PROGRAM], {
      cwd: this.#folder,
      env: { ...nodeEnvironment(), ...this.#environment },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
  }

  /** SIGKILLs it, or as the signal says; resolves with its exit code when it is gone. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}
