import { createLogger, createMetrics, type Logger, type Meter } from "@flock/observability";
import { connectMesh, type Mesh } from "../nats/connection.js";
import type { CommonEnvironment } from "./config.js";
import { type ControlRoute, serveHealth } from "./health-server.js";

/**
 * A long-running piece of a service. `start` runs until `stop` is aborted, finishes what it has begun, and settles. A
 * part that settles or throws before it is stopped ends the service: nothing runs half.
 */
export interface Part {
  readonly name: string;
  start(stop: AbortSignal): Promise<void>;
  /** Why the service is not ready because of this part; undefined: it is. */
  notReady?(): string | undefined;
}

/** What a service is built from. Resources are closed in the reverse order of opening, after all parts have stopped. */
export interface Runtime {
  readonly logger: Logger;
  readonly meter: Meter;
  /** Keeps `resource` until the service ends, then closes it. */
  open<T extends { close(): Promise<void> | void }>(resource: T): T;
  /** Connects to the mesh; closed with the service. */
  connect(options?: { inboxPrefix?: string }): Promise<Mesh>;
  /** Adds a reason that `/readyz` asks for; undefined means ready. */
  readyWhen(notReady: () => string | undefined): void;
  /** Adds a control route to the health server. */
  control(route: ControlRoute): void;
  /** Begins an orderly stop, as SIGTERM does. */
  stop(reason: string): void;
}

/** Builds a service: opens its resources and returns its parts, in the order in which they start. */
export type CreateService<Config> = (config: Config, runtime: Runtime) => Promise<readonly Part[]>;

type State = "starting" | "ready" | "draining" | "stopped" | "failed";

/** What closing gets when a service is stopped while it still starts: it has begun nothing that must be finished. */
const UNSTARTED_CLOSE_MS = 500;

class Service<Config extends CommonEnvironment> {
  readonly #name: string;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #metrics;
  readonly #resources: { close(): Promise<void> | void }[] = [];
  readonly #probes: (() => string | undefined)[] = [];
  readonly #routes: ControlRoute[] = [];
  readonly #stopped: Promise<string>;
  readonly #stopping = new AbortController();
  #resolveStopped: (reason: string) => void = () => {};
  #state: State = "starting";

  constructor(name: string, config: Config) {
    this.#name = name;
    this.#config = config;
    this.#logger = createLogger(name, config.LOG_LEVEL);
    this.#metrics = createMetrics(name);
    this.#stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
  }

  stop(reason: string): void {
    this.#resolveStopped(reason);
    this.#stopping.abort(new Error(reason));
  }

  /** Returns the process's exit code. */
  async run(create: CreateService<Config>): Promise<number> {
    let exitCode = 0;
    let isStarted = false;
    const running: { part: Part; stop: AbortController; settled: Promise<void> }[] = [];
    try {
      const health = await serveHealth({
        host: this.#config.HEALTH_HOST,
        port: this.#config.HEALTH_PORT,
        metrics: this.#metrics,
        notReady: () => this.#notReady(),
        routes: this.#routes,
      });
      this.#resources.push(health, this.#metrics);
      const parts = await this.#unlessStopped(create(this.#config, this.#runtime()));
      isStarted = parts !== undefined;
      for (const part of parts ?? []) {
        const stop = new AbortController();
        const settled = part.start(stop.signal).catch((error: unknown) => {
          exitCode = 1;
          this.#logger.fatal({ err: error, part: part.name }, "part failed");
        });
        running.push({ part, stop, settled });
        if (part.notReady !== undefined) this.#probes.push(part.notReady.bind(part));
        void settled.then(() => this.stop(`${part.name} ended`));
      }
      if (isStarted) this.#enter("ready", { healthPort: health.port });
      this.#enter("draining", { reason: await this.#stopped });
    } catch (error) {
      exitCode = 1;
      this.#logger.fatal({ err: error }, "service failed to start");
    }
    const { DRAIN_TIMEOUT_MS: drainTimeoutMs } = this.#config;
    const timeoutMs = isStarted ? drainTimeoutMs : Math.min(drainTimeoutMs, UNSTARTED_CLOSE_MS);
    if (!(await this.#drain(running, timeoutMs)) && isStarted) exitCode = 1;
    this.#enter(exitCode === 0 ? "stopped" : "failed", {});
    return exitCode;
  }

  /**
   * What `starting` yields; undefined when the service is stopped first. Whatever it waits for is then given up: the
   * process ends soon, and what it had begun (a migration) is undone as if it had been killed.
   */
  async #unlessStopped<T>(starting: Promise<T>): Promise<T | undefined> {
    // Once nobody waits for it any more, its failure is only that it was interrupted.
    starting.catch(() => {});
    return Promise.race([this.#stopped.then(() => undefined), starting]);
  }

  /** Stops parts, then closes resources, each in reverse order; false if the time ran out. */
  async #drain(
    running: readonly { stop: AbortController; settled: Promise<void> }[],
    timeoutMs: number,
  ): Promise<boolean> {
    const orderly = (async () => {
      for (const { stop, settled } of [...running].reverse()) {
        stop.abort();
        await settled;
      }
      for (const resource of [...this.#resources].reverse()) await resource.close();
      return true;
    })();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const drained = await Promise.race([orderly, timeout]).catch((error: unknown) => {
      this.#logger.error({ err: error }, "closing a resource failed");
      return false;
    });
    clearTimeout(timer);
    if (!drained) this.#logger.error({ drainTimeoutMs: timeoutMs }, "drain did not finish in time");
    return drained;
  }

  #runtime(): Runtime {
    const { meter } = this.#metrics;
    return {
      logger: this.#logger,
      meter,
      open: (resource) => {
        this.#resources.push(resource);
        return resource;
      },
      connect: async (options = {}) => {
        const natsUrl = this.#config.NATS_URL;
        const mesh = await connectMesh({
          natsUrl,
          name: this.#name,
          logger: this.#logger,
          meter,
          signal: this.#stopping.signal,
          ...options,
        });
        this.#resources.push(mesh);
        this.#probes.push(() => (mesh.isConnected() ? undefined : "not connected to NATS"));
        return mesh;
      },
      readyWhen: (notReady) => void this.#probes.push(notReady),
      control: (route) => void this.#routes.push(route),
      stop: (reason) => this.stop(reason),
    };
  }

  #notReady(): string[] {
    if (this.#state !== "ready") return [this.#state];
    return this.#probes.map((probe) => probe()).filter((reason) => reason !== undefined);
  }

  #enter(state: State, facts: object): void {
    this.#state = state;
    this.#logger.info({ state, ...facts }, "service state");
  }
}

/**
 * Runs a service as this process: reads its configuration, builds it, runs it until SIGTERM, SIGINT or (as a child of
 * the launcher) the loss of the parent, drains it and exits 0; at once while it still starts, and waits for NATS or a
 * database. A second signal exits at once with 130.
 */
export async function runService<Config extends CommonEnvironment>(
  name: string,
  readConfig: () => Config,
  create: CreateService<Config>,
): Promise<never> {
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    createLogger(name).fatal(
      { reason: error instanceof Error ? error.message : String(error) },
      "bad configuration",
    );
    process.exit(2);
  }
  const service = new Service(name, config);
  let asked = false;
  const onSignal = (signal: string): void => {
    if (asked) process.exit(130);
    asked = true;
    service.stop(signal);
  };
  process.on("SIGTERM", () => onSignal("SIGTERM"));
  process.on("SIGINT", () => onSignal("SIGINT"));
  if (process.channel !== undefined) process.once("disconnect", () => service.stop("the launcher is gone"));
  process.exit(await service.run(create));
}
