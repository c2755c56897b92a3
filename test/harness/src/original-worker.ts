import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const PACKAGE = createRequire(import.meta.url).resolve("flockollamas-worker");
/** Its users' own program does the same (`run.js`). The channel ends it with the test, whatever becomes of that. */
const PROGRAM = `process.on("disconnect", () => process.exit()); require(${JSON.stringify(PACKAGE)});`;

export interface OriginalWorkerOptions {
  /** Of a bridge. */
  readonly serverUrl: string;
  readonly ollamaUrl: string;
  readonly publicKey: string;
  /** Where its `.env` is written; made if it is not there. */
  readonly folder: string;
}

/** The npm package `flockollamas-worker` as it is, run as its users run it: by Node, in a folder with an `.env`. */
export class OriginalWorker {
  readonly #child: ChildProcess;
  #output = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
  }

  static async start({
    serverUrl,
    ollamaUrl,
    publicKey,
    folder,
  }: OriginalWorkerOptions): Promise<OriginalWorker> {
    await mkdir(folder, { recursive: true });
    const settings = {
      OLLAMA_URL: ollamaUrl,
      THREADS: "1",
      FLOCKOLLAMA_PUBLIC_KEY: publicKey,
      SERVER_URL: serverUrl,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(join(folder, ".env"), lines.join(""));
    const child = spawn(process.execPath, ["-e", PROGRAM], {
      cwd: folder,
      env: { PATH: process.env["PATH"] ?? "" },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    await once(child, "spawn");
    return new OriginalWorker(child);
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output;
  }

  /** How many jobs it says it was given. */
  get jobs(): number {
    return this.#output.split("Got some work").length - 1;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once; no effect when it has ended. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
