import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../dist/main.js");

/** The built ledger in a process of its own, which can be killed and started again. */
export class LedgerProcess {
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess;

  /** @throws Error if the ledger is not built. */
  constructor(databaseUrl: string, natsUrl: string) {
    if (!existsSync(MAIN))
      throw new Error('not built: run "npm run build" first ("npm test" does so itself)');
    this.#env = {
      ...process.env,
      DATABASE_URL: databaseUrl,
      NATS_URL: natsUrl,
      LOG_LEVEL: "silent",
      HEALTH_PORT: "0",
    };
    this.#child = this.#spawn();
  }

  /** SIGKILL; returns when it is gone. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** A new process, after a kill. */
  restart(): void {
    this.#child = this.#spawn();
  }

  /** Asks it to end, and returns its exit code; null: a signal ended it. */
  async stop(): Promise<number | null> {
    await this.#end("SIGTERM");
    return this.#child.exitCode;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(signal);
    await gone;
  }

  #spawn(): ChildProcess {
    // The channel ends the process with this one, whatever becomes of the test.
    return spawn(process.execPath, [MAIN], { env: this.#env, stdio: ["ignore", "ignore", "ignore", "ipc"] });
  }
}
