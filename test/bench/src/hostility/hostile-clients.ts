import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchMesh } from "../bench-mesh.js";
import { LOAD_GENERATOR_MODEL } from "../load-generator/load-instructions.js";

const IDLE = 1_000;
const TRICKLING = 100;
const TRICKLE_MS = 200;
const LARGE_BYTES = 10 * 1024 * 1024;
/** Between two large bodies, and between two heads that are too large. */
const PAUSE_MS = 100;

/**
 * Clients that mean no good, until they are stopped: idle connections, heads that come byte by byte, large bodies deep
 * in brackets, heads that are too large. As much as one machine does with little of its own: it shares the cores with
 * what is measured.
 */
export class HostileClients {
  readonly #url: URL;
  readonly #mesh: BenchMesh;
  readonly #sockets = new Set<Socket>();
  readonly #running: Promise<void>[];
  #isStopping = false;

  constructor(mesh: BenchMesh) {
    this.#url = new URL(mesh.api.origin);
    this.#mesh = mesh;
    for (let count = 0; count < IDLE; count++) this.#open();
    this.#running = [this.#trickle(), this.#sendLargeBodies(), this.#sendLargeHeads()];
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#running);
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(): Socket {
    const socket = connect(Number(this.#url.port), this.#url.hostname);
    socket.on("error", () => {}).resume();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }

  async #trickle(): Promise<void> {
    const sockets = Array.from({ length: TRICKLING }, () => this.#open());
    for (const socket of sockets) socket.write("GET /api/tags HTTP/1.1\r\nHost: h\r\nX-Never: ");
    while (!this.#isStopping) {
      for (const socket of sockets) socket.write("x");
      await sleep(TRICKLE_MS);
    }
  }

  async #sendLargeBodies(): Promise<void> {
    const deep = `{"model":"${LOAD_GENERATOR_MODEL}","prompt":"${"x".repeat(LARGE_BYTES)}","a":${"[".repeat(10_000)}`;
    while (!this.#isStopping) {
      const headers = this.#mesh.credential;
      const answer = await fetch(new URL("/api/generate", this.#url), {
        method: "POST",
        headers,
        body: deep,
      });
      if (answer.status !== 400) throw new Error(`status ${answer.status} for a body that is no JSON`);
      await answer.text();
      await sleep(PAUSE_MS);
    }
  }

  async #sendLargeHeads(): Promise<void> {
    while (!this.#isStopping) {
      this.#open().end(`GET /api/tags HTTP/1.1\r\n${"X-A: b\r\n".repeat(5_000)}\r\n`);
      await sleep(PAUSE_MS);
    }
  }
}
