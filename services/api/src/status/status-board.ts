import { FlockError } from "@flock/errors";
import { type Clock, waitAtMost } from "@flock/mesh";
import { LRUCache } from "lru-cache";
import { DAYS_TOLD, type KeptIncident, type KeptStatus, type StatusStore } from "../store/status-store.js";
import type { ServiceName } from "./known-services.js";
import type { Payouts } from "./service-observer.js";
import type { ServiceState } from "./service-record.js";

export interface ServiceStatus {
  readonly name: string;
  readonly state: ServiceState;
  /** Undefined: not known. */
  readonly instances: number | undefined;
  readonly sinceMs: number | undefined;
  readonly note: string | undefined;
}

export interface DayStatus {
  /** UTC, such as 2026-11-22. */
  readonly day: string;
  /** Empty: nobody looked. */
  readonly services: readonly { readonly name: string; readonly ok: number; readonly samples: number }[];
}

/** How the network does, as far as somebody has looked. */
export interface Status {
  /** When somebody last did; undefined: nobody has. */
  readonly asOfMs: number | undefined;
  readonly services: readonly ServiceStatus[];
  /** Newest first. */
  readonly incidents: readonly KeptIncident[];
  /** Oldest first. */
  readonly days: readonly DayStatus[];
  /** Undefined: not known, or there are none. */
  readonly payouts: Payouts | undefined;
}

const KEPT_MS = 5_000;
const READ_TIMEOUT_MS = 2_000;
/** Three samples, and the time in which another process takes over: what is older says nothing of the present. */
const STALE_MS = 100_000;
const DAY_MS = 86_400_000;

/** What everybody is told of the state of services; at most five seconds behind what is kept. */
export class StatusBoard {
  readonly #store: StatusStore;
  readonly #services: readonly ServiceName[];
  readonly #clock: Clock;
  readonly #kept: LRUCache<"status", Status>;
  /** What was read last, for while the database is away. */
  #lastRead: KeptStatus = { sampledMs: undefined, records: [], incidents: [], days: [], payouts: undefined };

  /** @param services In the order in which they are told. */
  constructor(store: StatusStore, services: readonly ServiceName[], clock: Clock) {
    this.#store = store;
    this.#services = services;
    this.#clock = clock;
    this.#kept = new LRUCache({
      max: 1,
      ttl: KEPT_MS,
      perf: { now: () => clock.nowMs() },
      ttlResolution: 0,
      fetchMethod: () => this.#fresh(),
    });
  }

  read(): Promise<Status> {
    return this.#kept.forceFetch("status");
  }

  async #fresh(): Promise<Status> {
    const nowMs = this.#clock.unixMs();
    const isRead = await this.#readAnew(nowMs);
    const { sampledMs, records, incidents, days, payouts } = this.#lastRead;
    const isSeen = isRead && sampledMs !== undefined && nowMs - sampledMs < STALE_MS;
    const services = this.#services.map((name): ServiceStatus => {
      const found = records.find(({ service }) => service === name);
      if (!isRead && name === "database") return { name, ...AWAY, sinceMs: undefined };
      if (!isSeen || found === undefined) return { name, ...UNSEEN, sinceMs: sampledMs };
      const { state, sinceMs, note } = found;
      return { name, state, sinceMs, note, instances: state === "unknown" ? undefined : found.instances };
    });
    return {
      asOfMs: sampledMs,
      services,
      incidents,
      days: daysOf(days, nowMs),
      payouts: isSeen ? payouts : undefined,
    };
  }

  /** False: the database does not answer. */
  async #readAnew(nowMs: number): Promise<boolean> {
    let isRead = false;
    const reading = this.#store.read(nowMs).then(
      (kept) => {
        this.#lastRead = kept;
        isRead = true;
      },
      (thrown: unknown) => {
        if (FlockError.from(thrown).code !== "unavailable") throw thrown;
      },
    );
    await waitAtMost(reading, READ_TIMEOUT_MS);
    return isRead;
  }
}

const AWAY = { state: "down", instances: 0, note: "the api that tells this cannot reach it" } as const;
const UNSEEN = {
  state: "unknown",
  instances: undefined,
  note: "nobody has looked in the last minutes",
} as const;

/** Every day that is told, also those on which nobody looked. */
function daysOf(kept: KeptStatus["days"], nowMs: number): DayStatus[] {
  return Array.from({ length: DAYS_TOLD }, (_, index) => {
    const day = new Date(nowMs - (DAYS_TOLD - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    const services = kept
      .filter((each) => each.day === day)
      .map(({ service: name, ok, samples }) => ({ name, ok, samples }));
    return { day, services };
  });
}
