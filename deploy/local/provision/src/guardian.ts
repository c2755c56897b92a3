import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { FlockError } from "@flock/errors";
import { nodeEnvironment } from "./child-environment.js";
import type { EndStep, GuardianMessage } from "./guardian-protocol.js";
import type { ProcessIdentity } from "./process-identity.js";

/**
 * Built output also when this runs from source: Node 20 cannot start TypeScript. The same path from `src` and `dist`.
 */
const PROGRAM = fileURLToPath(new URL("../dist/guardian-process.js", import.meta.url));

/**
 * A small process that ends what this one has left running if this one dies without stopping it, even by SIGKILL.
 * Works on every platform; where the kernel can do the same (`setpriv --pdeathsig`) it is the second line.
 */
export class Guardian {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
    // A guardian that dies is not missed until we die too; what it cost is a failed send.
    child.on("error", () => {});
  }

  /** Resolves when it can be relied on. */
  static async start(): Promise<Guardian> {
    const child = fork(PROGRAM, [], {
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
      env: nodeEnvironment(),
    });
    const ended = once(child, "exit").then(([code]) => {
      throw new FlockError(
        "unavailable",
        `the guardian process ended at once (exit code ${code}): ${PROGRAM}`,
      );
    });
    await Promise.race([once(child, "message"), ended]);
    ended.catch(() => {}); // From here on its end is not an error.
    child.unref();
    child.channel?.unref();
    return new Guardian(child);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Ends `identity` by `steps`, then SIGKILL, if this process dies before {@link unwatch}. */
  watch(identity: ProcessIdentity, steps: readonly EndStep[]): void {
    this.#send({ kind: "watch", identity, steps });
  }

  /** Forgets a process that has been ended. */
  unwatch(pid: number): void {
    this.#send({ kind: "unwatch", pid });
  }

  /** Ends the guardian, and with it whatever is still watched. Resolves when it is gone. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.ref();
    if (this.#process.connected) this.#process.disconnect();
    await exited;
  }

  #send(message: GuardianMessage): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }
}
