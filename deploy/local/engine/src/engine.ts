import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "@flock/observability";
import { createLogger } from "@flock/observability";
import type { FastifyInstance } from "fastify";
import { createServer } from "./http/server.js";
import { Inference } from "./inference.js";

/** The bundled model. */
export const FLOCK_TINY_FILE = fileURLToPath(new URL("../model/flock-tiny.gguf", import.meta.url));

export interface EngineOptions {
  /** Default: the bundled flock-tiny. */
  readonly modelFile?: string;
  /** Default `flock-tiny:latest`. */
  readonly modelName?: string;
  /** Generations side by side. Default 8. Each holds a cache of the whole context. */
  readonly sequences?: number;
  /** Generations that may wait. Default 256; beyond: 503. */
  readonly queueMax?: number;
  /** The longest context offered, if the model's own is longer. Default 4096. */
  readonly contextTokensMax?: number;
  /** Threads of a batch. Default 1. */
  readonly threads?: number;
  /** Default 20 MiB; beyond: 413. */
  readonly bodyBytesMax?: number;
  /** Default: a silent one. */
  readonly logger?: Logger;
}

export interface EngineAddress {
  readonly port: number;
  /** e.g. `http://127.0.0.1:11434`. */
  readonly url: string;
}

/** Ollama's API over one model in this process. */
export interface Engine {
  /** Port 0: any free port. Rejects if the port is taken. */
  listen(address: { host: string; port: number }): Promise<EngineAddress>;
  /**
   * Refuses new requests with 503, gives what is running or queued `drainTimeoutMs` (default 0) to finish, ends the
   * rest with an error line, and frees everything. Idempotent.
   */
  close(options?: { drainTimeoutMs?: number }): Promise<void>;
}

/** How often a drain looks whether it is done. */
const DRAIN_POLL_MS = 20;
/** How long answers that have been written may take to reach slow clients. */
const FLUSH_MS = 1000;

/** Loads the model (about a second for the bundled one). Throws what `loadModel` throws. */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const logger = options.logger ?? createLogger("engine", "silent");
  const inference = await Inference.open({
    file: options.modelFile ?? FLOCK_TINY_FILE,
    name: options.modelName ?? "flock-tiny:latest",
    sequences: options.sequences ?? 8,
    queueMax: options.queueMax ?? 256,
    contextTokensMax: options.contextTokensMax ?? 4096,
    threads: options.threads ?? 1,
  });
  const { name, digest } = inference.description;
  logger.info({ model: name, digest, contextTokens: inference.contextTokens }, "model loaded");
  return new HttpEngine(inference, logger, options.bodyBytesMax ?? 20 * 2 ** 20);
}

class HttpEngine implements Engine {
  readonly #inference: Inference;
  readonly #logger: Logger;
  readonly #server: FastifyInstance;
  #closing: Promise<void> | undefined;

  constructor(inference: Inference, logger: Logger, bodyBytesMax: number) {
    this.#inference = inference;
    this.#logger = logger;
    this.#server = createServer(inference, {
      bodyBytesMax,
      logger,
      isDraining: () => this.#closing !== undefined,
    });
  }

  async listen({ host, port }: { host: string; port: number }): Promise<EngineAddress> {
    const url = await this.#server.listen({ host, port });
    // CAST: a TCP server that listens has such an address.
    const address = this.#server.server.address() as AddressInfo;
    this.#logger.info({ url }, "listening");
    return { port: address.port, url };
  }

  close({ drainTimeoutMs = 0 }: { drainTimeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainTimeoutMs);
    return this.#closing;
  }

  async #close(drainTimeoutMs: number): Promise<void> {
    const deadline = performance.now() + drainTimeoutMs;
    this.#logger.info({ generations: this.#inference.load, drainTimeoutMs }, "draining");
    while (this.#inference.load > 0 && performance.now() < deadline) {
      await sleep(DRAIN_POLL_MS);
    }
    if (this.#inference.load > 0) this.#logger.warn({ generations: this.#inference.load }, "drain timed out");
    await this.#inference.close();
    // Everything has been answered; a client that does not take its answer must not hold the process.
    const force = setTimeout(() => this.#server.server.closeAllConnections(), FLUSH_MS);
    await this.#server.close();
    clearTimeout(force);
    this.#logger.info("stopped");
  }
}
