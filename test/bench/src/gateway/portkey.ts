import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@flock/provision";
import type { Variant } from "../load-client/plan.js";
import { fetchGateway } from "./fetch-gateway.js";

const READY_TIMEOUT_MS = 30_000;

/** Portkey's gateway in front of an upstream of made-up answers. It listens on all interfaces, so it is run briefly. */
export class Portkey {
  readonly #upstream: ChildProcess;
  readonly #gateway: ChildProcess;
  readonly #upstreamOrigin: string;
  readonly #origin: string;

  private constructor(upstream: ChildProcess, gateway: ChildProcess, upstreamPort: number, port: number) {
    this.#upstream = upstream;
    this.#gateway = gateway;
    this.#upstreamOrigin = `http://127.0.0.1:${upstreamPort}`;
    this.#origin = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<Portkey> {
    const program = await fetchGateway();
    const upstream = fork(join(import.meta.dirname, "upstream-main.js"));
    const [upstreamPort] = (await once(upstream, "message")) as [number];
    const port = await freePort();
    const preload = join(import.meta.dirname, "mutable-headers.js");
    const gateway = spawn(process.execPath, ["--import", preload, program, "--headless", `--port=${port}`], {
      stdio: "ignore",
    });
    const portkey = new Portkey(upstream, gateway, upstreamPort, port);
    try {
      await untilListening(port, gateway);
    } catch (error) {
      await portkey.close();
      throw error;
    }
    return portkey;
  }

  /** Chat completions of the upstream itself, and through the gateway. */
  variants(body: string): { readonly direct: Variant; readonly portkey: Variant } {
    const shared = { protocol: "http", path: "/v1/chat/completions", body, answer: "openai" } as const;
    return {
      direct: { ...shared, origin: this.#upstreamOrigin },
      portkey: {
        ...shared,
        origin: this.#origin,
        headers: {
          "x-portkey-provider": "ollama",
          "x-portkey-custom-host": this.#upstreamOrigin,
        },
      },
    };
  }

  async close(): Promise<void> {
    for (const child of [this.#gateway, this.#upstream]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 2_000);
      await exited;
      clearTimeout(timer);
    }
  }
}

async function untilListening(port: number, gateway: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  while (!(await isListening(port))) {
    if (gateway.exitCode !== null || performance.now() > deadlineMs)
      throw new Error("Portkey's gateway does not listen");
    await sleep(50);
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
