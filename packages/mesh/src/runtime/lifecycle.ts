import { randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { Logger, Meter } from "@flock/observability";
import { connectMesh, type Mesh, type MeshOptions } from "../nats/connection.js";
import { type Clock, systemClock } from "./clock.js";
import { type CommonEnvironment, type NatsEnvironment, natsOptions } from "./config.js";
import type { ControlRoute } from "./health-server.js";

/**
 * A long-running piece of a service. `start` runs until `stop` is aborted, finishes what it has begun, and settles. A
 * part that settles or throws before it is stopped fails the service: nothing runs half.
 *
 * A part without state is a function that returns a `Part`; one with state is a class that implements it.
 */
export interface Part {
  readonly name: string;
  start(stop: AbortSignal): Promise<void>;
  /** Why the service is not ready because of this part; undefined: it is. */
  notReady?(): string | undefined;
}

/** Something that a service holds until it ends. */
export interface Resource {
  close(): Promise<void> | void;
}

/** What a service may say itself of its connection. */
type ConnectOptions = Pick<
  MeshOptions,
  "natsUrl" | "credentials" | "inboxPrefix" | "connectTimeoutMs" | "refusalsMaxMs"
>;

/** What a service is built from. Resources are closed in the reverse order of opening, after all parts have stopped. */
export interface Runtime {
  readonly logger: Logger;
  readonly meter: Meter;
  /** What tells the time wherever time decides something. */
  readonly clock: Clock;
  /** A new identifier, unique among all processes; a UUID unless a test says otherwise. */
  newId(): string;
  /** Keeps `resource` until the service ends, then closes it. Throws `cancelled`, and closes it, if that has come. */
  open<T extends Resource>(resource: T): T;
  /**
   * Connects to the mesh, as `NATS_URL` and `NATS_CREDENTIALS_FILE` say unless it is told otherwise; closed with the
   * service. If NATS refuses the credentials later on, and goes on refusing, the service fails.
   */
  connect(options?: Partial<ConnectOptions>): Promise<Mesh>;
  /** Adds a control route to the health server. */
  control(route: ControlRoute): void;
  /** Begins an orderly stop, as SIGTERM does. */
  stop(reason: string): void;
}

/** Builds a service: opens its resources and returns its parts, in the order in which they start. */
export type CreateService<Config> = (config: Config, runtime: Runtime) => Promise<readonly Part[]>;

/** `starting` → `ready` → `draining` → `stopped` or `failed`. In `ready` all parts run. */
export type ServiceState = "starting" | "ready" | "draining" | "stopped" | "failed";

/** How a service ended. */
export interface ServiceExit {
  /** Why it was stopped: what was asked first, or what failed first. */
  readonly reason: string;
  /** The first failure; undefined: it was stopped, and everything ended in order. */
  readonly error: unknown;
}

export interface ServiceOptions {
  /** The service's name, as NATS' monitoring shows it. */
  readonly name: string;
  readonly logger: Logger;
  readonly meter: Meter;
  /** Default: this machine's clocks. */
  readonly clock?: Clock;
  /** Default: random UUIDs. */
  readonly newId?: () => string;
}

/** A service that was started, in whatever process. */
export interface RunningService {
  readonly state: ServiceState;
  /** What `/readyz` would list: the state, unless it is `ready`, else what parts and connections lack. */
  notReady(): readonly string[];
  /** What it offers its operator. */
  readonly routes: readonly ControlRoute[];
  /** Settles when all parts have been started; rejects when the service ends before. */
  readonly started: Promise<void>;
  /** Settles, always, when everything has stopped and is closed, or the time for that has run out. */
  readonly exited: Promise<ServiceExit>;
  /**
   * Stops it in order and waits for the end; may be called at any time, and again.
   * @throws whatever failed first
   */
  stop(reason?: string): Promise<void>;
}

/** What a service's own life depends on, of its configuration. */
type LifecycleConfig = Pick<CommonEnvironment, "DRAIN_TIMEOUT_MS"> & NatsEnvironment;

/** What closing gets when a service is stopped while it still starts: it has begun nothing that must be finished. */
const UNSTARTED_CLOSE_MS = 500;

interface RunningPart {
  readonly name: string;
  readonly stop: AbortController;
  readonly settled: Promise<void>;
}

class Service<Config extends LifecycleConfig> implements RunningService {
  readonly routes: ControlRoute[] = [];
  readonly started: Promise<void>;
  readonly exited: Promise<ServiceExit>;
  readonly #config: Config;
  readonly #options: ServiceOptions;
  readonly #resources: Resource[] = [];
  readonly #running: RunningPart[] = [];
  readonly #probes: (() => string | undefined)[] = [];
  readonly #stopping = new AbortController();
  readonly #asked: Promise<void>;
  #state: ServiceState = "starting";
  #reason: string | undefined;
  #failure: { readonly error: unknown } | undefined;
  #waitingFor = "";

  constructor(create: CreateService<Config>, config: Config, options: ServiceOptions) {
    this.#config = config;
    this.#options = options;
    this.#asked = new Promise((resolve) => {
      this.#stopping.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#say({});
    const starting = this.#start(create);
    this.exited = starting.then((isStarted) => this.#end(isStarted));
    this.started = starting.then(async (isStarted) => {
      if (isStarted) return;
      const { reason, error } = await this.exited;
      throw error ?? new FlockError("cancelled", `the service was stopped while it started: ${reason}`);
    });
    // A caller that does not wait for it learns the same from `exited`.
    this.started.catch(() => {});
  }

  get state(): ServiceState {
    return this.#state;
  }

  notReady(): readonly string[] {
    if (this.#state !== "ready") return [this.#state];
    return this.#probes.map((probe) => probe()).filter((reason) => reason !== undefined);
  }

  async stop(reason = "its owner stops it"): Promise<void> {
    this.#ask(reason);
    const { error } = await this.exited;
    if (error !== undefined) throw error;
  }

  /** Builds the service and starts its parts; false: it was stopped, or failed, before all of them were started. */
  async #start(create: CreateService<Config>): Promise<boolean> {
    try {
      const creating = create(this.#config, this.#runtime());
      // Once nobody waits for it any more, its failure only says that it was interrupted.
      creating.catch(() => {});
      // A stop gives up whatever it waits for, and work that it had begun (a migration) ends as if it was killed.
      const parts = await Promise.race([this.#asked, creating]);
      if (parts === undefined || this.#reason !== undefined) return false;
      if (!parts.every((part) => this.#startPart(part))) return false;
    } catch (error) {
      this.#fail("the service did not start", error);
      return false;
    }
    this.#enter("ready", {});
    return true;
  }

  /** False: it threw at once, so that those after it are not started. */
  #startPart(part: Part): boolean {
    const stop = new AbortController();
    let running: Promise<void>;
    try {
      running = part.start(stop.signal);
    } catch (error) {
      this.#fail(`${part.name} failed`, error);
      return false;
    }
    const settled = running.then(
      () => {
        if (stop.signal.aborted || this.#reason !== undefined) return;
        const error = new FlockError("internal", `${part.name} ended, and nobody had stopped it`);
        this.#fail(`${part.name} ended`, error);
      },
      (error: unknown) => this.#fail(`${part.name} failed`, error),
    );
    this.#running.push({ name: part.name, stop, settled });
    if (part.notReady !== undefined) this.#probes.push(part.notReady.bind(part));
    return true;
  }

  async #end(isStarted: boolean): Promise<ServiceExit> {
    await this.#asked;
    const reason = this.#reason ?? "";
    this.#enter("draining", { reason });
    const { DRAIN_TIMEOUT_MS: drainMs } = this.#config;
    const isUnstarted = !isStarted && this.#running.length === 0;
    await this.#drain(isUnstarted ? Math.min(drainMs, UNSTARTED_CLOSE_MS) : drainMs, isUnstarted);
    this.#enter(this.#failure === undefined ? "stopped" : "failed", { reason });
    return { reason, error: this.#failure?.error };
  }

  /**
   * Stops parts, then closes resources, each in reverse order. What has not ended when the time runs out is a failure,
   * unless nothing had been started: then there was nothing to lose.
   */
  async #drain(timeoutMs: number, isUnstarted: boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const isDone = await Promise.race([this.#close().then(() => true), timeout]);
    clearTimeout(timer);
    if (isDone) return;
    for (const { stop } of this.#running) stop.abort();
    const error = new FlockError(
      "deadline_exceeded",
      `the drain did not end within ${timeoutMs} ms: waited for ${this.#waitingFor}`,
    );
    if (isUnstarted) this.#options.logger.warn({ err: error }, "what was opened could not be closed in time");
    else this.#fail("the drain did not end in time", error);
  }

  async #close(): Promise<void> {
    for (const { name, stop, settled } of [...this.#running].reverse()) {
      this.#waitingFor = name;
      stop.abort();
      await settled;
    }
    this.#waitingFor = "a resource to close";
    for (const resource of [...this.#resources].reverse()) {
      try {
        await resource.close();
      } catch (error) {
        this.#fail("closing a resource failed", error);
      }
    }
  }

  #runtime(): Runtime {
    const { name, logger, meter, clock = systemClock, newId = randomUUID } = this.#options;
    const open = <T extends Resource>(resource: T): T => {
      if (this.#reason === undefined) {
        this.#resources.push(resource);
        return resource;
      }
      void Promise.resolve(resource.close()).catch((error: unknown) =>
        logger.warn({ err: error }, "closing a resource failed"),
      );
      throw new FlockError("cancelled", `the service stops: ${this.#reason}`);
    };
    return {
      logger,
      meter,
      clock,
      newId,
      open,
      connect: async (own = {}) => {
        const { signal } = this.#stopping;
        const onRefused = (error: FlockError): void => this.#fail("NATS refuses the service", error);
        const whom = natsOptions(this.#config);
        const connection = { ...whom, name, logger, meter, signal, onRefused, ...own };
        const mesh = open(await connectMesh(connection));
        this.#probes.push(() => (mesh.isConnected() ? undefined : "not connected to NATS"));
        return mesh;
      },
      control: (route) => void this.routes.push(route),
      stop: (reason) => this.#ask(reason),
    };
  }

  /** The first failure is the one that the service ends with; it stops everything else. */
  #fail(what: string, error: unknown): void {
    this.#failure ??= { error: error ?? new FlockError("internal", what) };
    this.#options.logger.fatal({ err: error }, what);
    this.#ask(what);
  }

  #ask(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#stopping.abort(new FlockError("cancelled", `the service stops: ${reason}`));
  }

  #enter(state: ServiceState, facts: object): void {
    this.#state = state;
    this.#say(facts);
  }

  #say(facts: object): void {
    this.#options.logger.info({ state: this.#state, ...facts }, "service state");
  }
}

/**
 * Starts a service in this process and returns at once. It runs until it is stopped or the first of its parts fails or
 * ends; then the parts stop in the reverse order of starting, and the resources close in the reverse order of opening,
 * all within `DRAIN_TIMEOUT_MS`. A program uses `runService`, which adds signals, health and an exit code.
 */
export function startService<Config extends LifecycleConfig>(
  create: CreateService<Config>,
  config: Config,
  options: ServiceOptions,
): RunningService {
  return new Service(create, config, options);
}
