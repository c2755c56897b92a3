import type { OffenceRecord } from "@flock/proto/workers";
import type { Mesh } from "../nats/connection.js";
import type { Clock } from "../runtime/clock.js";
import type { Part } from "../runtime/lifecycle.js";
import { BansView } from "./bans-view.js";
import { OffencesView } from "./offences-view.js";
import { StandingsView } from "./standings-view.js";

export interface ShutOutOptions {
  readonly mesh: Mesh;
  readonly clock: Pick<Clock, "unixMs">;
  /** Told of each worker that is shut out from now on, or still is as its entry changes. */
  readonly onShutOut?: (workerId: string) => void;
  /** Told of each worker whose standing is another now: it may be quarantined, or not any more. */
  readonly onStanding?: (workerId: string) => void;
}

/**
 * Who may have no jobs now: workers that an operator has banned, those that are cut off for a while for what they were
 * caught at, and those that the verifier has convicted. Also who is quarantined: such a worker is not shut out, and may
 * have only jobs that name it. By wallet: no new session, key or process changes it.
 */
export class ShutOutView implements Part {
  readonly name = "shut out workers";
  /** Settles when all three buckets have been read once. */
  readonly loaded: Promise<void>;
  readonly #clock: ShutOutOptions["clock"];
  readonly #bans: BansView;
  readonly #offences: OffencesView;
  readonly #standings: StandingsView;

  constructor({ mesh, clock, onShutOut = () => {}, onStanding = () => {} }: ShutOutOptions) {
    this.#clock = clock;
    this.#bans = new BansView(mesh, onShutOut);
    this.#offences = new OffencesView(mesh, (workerId) => {
      if (this.cutOffForMs(workerId) > 0) onShutOut(workerId);
    });
    this.#standings = new StandingsView(mesh, (workerId) => {
      onStanding(workerId);
      if (this.isConvicted(workerId)) onShutOut(workerId);
    });
    const all = [this.#bans, this.#offences, this.#standings];
    this.loaded = Promise.all(all.map(({ loaded }) => loaded)).then(() => {});
  }

  async start(stop: AbortSignal): Promise<void> {
    await Promise.all([this.#bans.start(stop), this.#offences.start(stop), this.#standings.start(stop)]);
  }

  notReady(): string | undefined {
    return this.#bans.notReady() ?? this.#offences.notReady() ?? this.#standings.notReady();
  }

  has(workerId: string): boolean {
    return this.isBanned(workerId) || this.isConvicted(workerId) || this.cutOffForMs(workerId) > 0;
  }

  isBanned(workerId: string): boolean {
    return this.#bans.find(workerId) !== undefined;
  }

  /** The verifier found it to cheat. */
  isConvicted(workerId: string): boolean {
    return this.#standings.isConvicted(workerId);
  }

  /** It may have only jobs that name it as the only worker that may have them. */
  isQuarantined(workerId: string): boolean {
    return this.#standings.isQuarantined(workerId);
  }

  /** For how much longer the worker is cut off for what it was caught at; 0: it is not. */
  cutOffForMs(workerId: string): number {
    const untilMs = this.#offences.find(workerId)?.cutOffUntilUnixMs ?? 0;
    return untilMs === 0 ? 0 : Math.max(0, untilMs - this.#clock.unixMs());
  }

  /** What workers were caught at, by worker id. */
  get records(): ReadonlyMap<string, OffenceRecord> {
    return this.#offences.records;
  }
}
