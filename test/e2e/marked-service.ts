import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, secretForms } from "@flock/harness";
import { REPOSITORY_ROOT } from "@flock/provision";

/** What a service needs to get so far that it uses the secrets that it is given. */
export const SERVICE_ENVIRONMENT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  api: { API_PORT: "0", API_GRPC_PORT: "0", API_WORKER_NATS_URLS: "nats://127.0.0.1:1" },
  router: {},
  ledger: {},
  treasury: {
    SOLANA_GENESIS_HASH: "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
    LLAMA_MINT: "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
  },
  verifier: {},
  worker: {
    OLLAMA_HOST: "http://127.0.0.1:1",
    WORKER_MESH_KEYS: "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
  },
  bridge: { BRIDGE_PORT: "0" },
};

/** A built service in a process of its own that was given secrets, and everything that it shows to anybody. */
export class MarkedService {
  #shown = "";
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "close");
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.#shown += chunk;
      });
  }

  static start(service: string, environment: Readonly<Record<string, string>>): MarkedService {
    const program = join(REPOSITORY_ROOT, "services", service, "dist/main.js");
    const { PATH = "" } = process.env;
    // The channel ends the process with this one, whatever becomes of the test.
    const child = spawn(process.execPath, ["--enable-source-maps", program], {
      env: { PATH, ...SERVICE_ENVIRONMENT[service], ...environment, LOG_LEVEL: "trace" },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    return new MarkedService(child);
  }

  /** Waits for a line of its log, and adds what it tells others: on its health port, and of its process. */
  async untilItSays(words: RegExp): Promise<void> {
    await eventually(`it says ${words}`, () => words.test(this.#shown) || this.#child.exitCode !== null);
    if (!words.test(this.#shown)) throw new Error(`it ended, and did not say ${words}:\n${this.#shown}`);
    const [, port] = /"healthPort":(\d+)/.exec(this.#shown) ?? [];
    if (this.#child.exitCode === null && port !== undefined)
      for (const path of ["livez", "readyz", "metrics", "control/state", "nobody"])
        this.#shown += await textOf(`http://127.0.0.1:${port}/${path}`);
    for (const name of ["cmdline", "comm"])
      this.#shown += await readFile(`/proc/${this.#child.pid}/${name}`, "utf8").catch(() => "");
  }

  stop(): void {
    this.#child.kill("SIGTERM");
  }

  /** Ends it, and returns which of these secrets it has shown until then, in whatever form. */
  async shown(secrets: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
    this.stop();
    await this.#exited;
    const bytes = Buffer.from(this.#shown);
    return Object.entries(secrets).flatMap(([name, secret]) =>
      secretForms(secret).some((form) => bytes.includes(form)) ? [name] : [],
    );
  }
}

/** Empty, if it has ended meanwhile. */
async function textOf(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return "";
  }
}
