import { FlockError } from "@flock/errors";
import { backoffMs } from "./backoff.js";
import { delay } from "./delay.js";
import { describeExit, NotStartedAgain, type PartSpec, type Running } from "./running.js";

/** A first start may fail this often (a port taken at the last moment) before the mesh is given up. */
const FIRST_START_ATTEMPTS = 3;
/** A life at least this long was a success: the next failure counts as the first again. */
const STABLE_MS = 5_000;

export interface SupervisionEvents {
  /** A line for the person at the terminal. */
  say(line: string): void;
  /** The part has another process, or none. */
  onChange(): void;
}

/**
 * Keeps one part of the mesh alive. States: `stopped` → `start()` → `running` ⇄ `waiting` (dead; started again after
 * a backoff) → `stop()` → `stopped`; also `stopped` when it ends in a way that says that no start is of use. What dies
 * is said at once, with the reason and the log to look at.
 */
export class SupervisedPart {
  readonly spec: PartSpec;
  readonly #events: SupervisionEvents;
  readonly #stopping = new AbortController();
  #starting: Promise<Running> | undefined;
  #running: Running | undefined;
  #supervision: Promise<void> = Promise.resolve();

  constructor(spec: PartSpec, events: SupervisionEvents) {
    this.spec = spec;
    this.#events = events;
  }

  /** Of the process that is ready; undefined between a death and the next readiness. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /**
   * Resolves when ready for the first time: true; false when it is of no use to start it, and the mesh goes on without.
   * @throws the third failure in a row, the first if it is a refusal (`failed_precondition`), or what `stop`
   * interrupted.
   */
  async start(): Promise<boolean> {
    this.#starting = this.#firstStart(this.#stopping.signal);
    try {
      this.#supervision = this.#supervise(await this.#starting);
      return true;
    } catch (error) {
      if (!(error instanceof NotStartedAgain)) throw error;
      this.#sayGivenUp("is not started", error.message);
      return false;
    }
  }

  /** Stops it for good; also while it is starting or waiting to be started again. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    await this.#starting?.catch(() => {}); // Whoever called start() is told.
    await this.#running?.stop();
    await this.#supervision;
  }

  async #firstStart(signal: AbortSignal): Promise<Running> {
    for (let attempt = 1; ; attempt++) {
      try {
        signal.throwIfAborted();
        this.#running = await this.spec.start(signal);
        this.#events.onChange();
        return this.#running;
      } catch (error) {
        const isRefusal =
          error instanceof NotStartedAgain ||
          (error instanceof FlockError && error.code === "failed_precondition");
        if (signal.aborted || isRefusal || attempt === FIRST_START_ATTEMPTS) throw error;
        await delay(backoffMs(attempt), signal);
      }
    }
  }

  async #supervise(first: Running): Promise<void> {
    const { signal } = this.#stopping;
    let running = first;
    let failures = 0;
    for (;;) {
      const readyAt = performance.now();
      const exit = await running.exited;
      this.#running = undefined;
      this.#events.onChange();
      if (signal.aborted) return;
      const reason = await this.spec.whyNotAgain?.(exit);
      if (reason !== undefined)
        return this.#sayGivenUp(`ended (${describeExit(exit)}) and is not started again`, reason);
      failures = performance.now() - readyAt >= STABLE_MS ? 1 : failures + 1;
      const next = await this.#startAgain(`ended (${describeExit(exit)})`, failures, signal);
      if (next === undefined) return;
      ({ running, failures } = next);
      this.#running = running;
      this.#events.onChange();
      this.#events.say(`${this.spec.name} is back (process ${running.pid})`);
    }
  }

  #sayGivenUp(what: string, reason: string): void {
    this.#events.say(`${this.spec.name} ${what}: ${reason}; log: ${this.spec.logFile}`);
  }

  /** Tries until it succeeds; undefined when stopped meanwhile, or when no further try is of use. */
  async #startAgain(
    reason: string,
    failuresBefore: number,
    signal: AbortSignal,
  ): Promise<{ running: Running; failures: number } | undefined> {
    let why = reason;
    for (let failures = failuresBefore; ; failures++) {
      const waitMs = backoffMs(failures);
      this.#events.say(
        `${this.spec.name} ${why}; starting it again in ${waitMs} ms; log: ${this.spec.logFile}`,
      );
      try {
        await delay(waitMs, signal);
        const running = await this.spec.start(signal);
        if (!signal.aborted) return { running, failures };
        await running.stop();
        return undefined;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (error instanceof NotStartedAgain) {
          this.#sayGivenUp("is not started again", error.message);
          return undefined;
        }
        [why = ""] = `did not start: ${(error as Error).message}`.split("\n");
      }
    }
  }
}
