import { randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import { type Clock, type Part, repeat } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { ApiMetrics } from "../metrics.js";
import type { StatusStore } from "../store/status-store.js";
import { effectOf, type ServiceName } from "./known-services.js";
import type { Sample } from "./service-observer.js";
import { newRecord, type Observation, type SampledRecord, sampled } from "./service-record.js";

export interface StatusSamplerOptions {
  readonly store: StatusStore;
  readonly observer: { observe(stop?: AbortSignal): Promise<Sample> };
  readonly services: readonly ServiceName[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<ApiMetrics, "serviceSampled">;
}

/** From one sample to the next. */
const SAMPLE_INTERVAL_MS = 30_000;
/** How often the one that samples says so, and the others ask. */
const LEAD_INTERVAL_MS = 5_000;
/** For so long the others leave it to the one that they have heard of last. */
const LEAD_TTL_MS = 25_000;
/** A mesh that starts is looked at once its parts have had time to. */
const FIRST_AFTER_MS = 10_000;
/** A day of samples: what a database that was away for longer has missed is unknown. */
const MISSED_MAX = 2_880;

/** The moments at which nobody could write down that the database was away. */
type Missed = readonly number[];

/**
 * Looks at every service every 30 s, and keeps what it sees. One process of all does so at a time; who that is stands
 * in Postgres, beside what was seen. Samples that could not be written because the database was away are written when
 * it is back.
 */
export class StatusSampler implements Part {
  readonly name = "status sampler";
  readonly #id = randomUUID();
  readonly #options: StatusSamplerOptions;
  #missed: number[] = [];
  #isDatabaseAway = false;

  constructor(options: StatusSamplerOptions) {
    this.#options = options;
  }

  async start(stop: AbortSignal): Promise<void> {
    const { logger, store } = this.#options;
    const often = { name: this.name, logger, intervalMs: LEAD_INTERVAL_MS, firstAfterMs: FIRST_AFTER_MS };
    await repeat(
      often,
      async () => {
        await this.round(stop);
        return false;
      },
      stop,
    );
    // Else the next one waits for the end of its time.
    await store.resign(this.#id).catch(() => {});
  }

  /** Samples, if this process is the one that does, and it is time. */
  async round(stop?: AbortSignal): Promise<void> {
    const { store, observer, clock, logger } = this.#options;
    const atMs = clock.unixMs();
    try {
      const lead = await store.lead(this.#id, LEAD_TTL_MS);
      this.#isDatabaseAway = false;
      if (lead === undefined) this.#missed = [];
      if (lead === undefined || Math.abs(atMs - lead.sampledMs) < SAMPLE_INTERVAL_MS) return;
      const missed = this.#missed.filter((missedMs) => missedMs > lead.sampledMs && missedMs < atMs);
      const sample = await observer.observe(stop);
      // Who stops has not looked to the end.
      if (stop?.aborted) return;
      if (await this.#write(missed, atMs, sample)) this.#missed = [];
    } catch (thrown) {
      const error = FlockError.from(thrown);
      if (error.code !== "unavailable") throw error;
      if (!this.#isDatabaseAway) logger.warn({ err: error }, "the state of services cannot be kept now");
      this.#isDatabaseAway = true;
      this.#miss(atMs);
    }
  }

  #miss(atMs: number): void {
    const last = this.#missed.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (atMs - last >= SAMPLE_INTERVAL_MS && this.#missed.length < MISSED_MAX) this.#missed.push(atMs);
  }

  /** False: another process samples by now. */
  async #write(missed: Missed, atMs: number, { seen, payouts }: Sample): Promise<boolean> {
    const { store, services, metrics } = this.#options;
    const known = new Map((await store.records()).map((record) => [record.service, record]));
    const away = new Map<string, Observation>([["database", { instances: 0 }]]);
    const samples: (readonly [number, ReadonlyMap<string, Observation>])[] = [
      ...missed.map((missedMs) => [missedMs, away] as const),
      [atMs, seen],
    ];
    const steps: (SampledRecord & { readonly atMs: number })[] = [];
    for (const [sampleMs, ofServices] of samples)
      for (const service of services) {
        const before = known.get(service) ?? newRecord(service, sampleMs);
        const how = { effectOf, newId: randomUUID };
        const step = sampled(before, ofServices.get(service), sampleMs, how);
        known.set(service, step.record);
        steps.push({ ...step, atMs: sampleMs });
      }
    const records = services.flatMap((service) => known.get(service) ?? []);
    for (const { service, state } of records) metrics.serviceSampled(service, state);
    return store.write(this.#id, { atMs, records, steps, payouts });
  }
}
