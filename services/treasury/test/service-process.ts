import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";

const SERVICES = join(import.meta.dirname, "../..");
const OUTPUT_CHARACTERS_MAX = 20_000;

/** A service as its own process, from built output. */
export class ServiceProcess {
  readonly #main: string;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  /** What it last logged. */
  output = "";
  kills = 0;

  constructor(service: string, environment: Readonly<Record<string, string>>) {
    this.#main = join(SERVICES, service, "dist/main.js");
    if (!existsSync(this.#main)) throw new Error('not built: run "npm run build" first');
    this.#environment = environment;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    // The channel ends the process with this one, whatever becomes of the test.
    const child = spawn(process.execPath, [this.#main], {
      env: { PATH: process.env["PATH"], HEALTH_PORT: "0", ...this.#environment },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output = `${this.output}${text}`.slice(-OUTPUT_CHARACTERS_MAX);
      });
    this.#child = child;
  }

  /** SIGKILL, at once: by the time this returns the signal is on its way. */
  kill(): void {
    if (!this.isRunning) return;
    this.kills += 1;
    this.#child?.kill("SIGKILL");
  }

  /** Waits for its end. */
  async exited(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && this.isRunning) await once(child, "exit");
  }

  /** An orderly end; returns the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return child?.exitCode ?? null;
    child.kill("SIGTERM");
    await once(child, "exit");
    return child.exitCode;
  }
}
