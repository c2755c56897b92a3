import { type Clock, delay, type Mesh, openBucket, type Part, type ShutOutView, Wake } from "@flock/mesh";
import { BUCKETS, decodeWire, encode, isSubjectToken } from "@flock/proto";
import { type Offence, OffenceRecord } from "@flock/proto/workers";
import type { KV } from "@nats-io/kv";
import {
  isOffence,
  lastOffenceUnixMs,
  type OffenceLimits,
  offenceName,
  withOffences,
} from "./domain/offence-record.js";
import type { RouterMetrics } from "./metrics.js";

/** Offences are collected for this long, so that a flood of them is one write. */
const DEBOUNCE_MS = 50;
const RETRY_MS = 500;
const FAILURES_PER_LOG_LINE = 50;
const RECORD_BYTES_MAX = 2 * 1024;
/** Records that are kept. Wallets cost nothing, so somebody may fill it. */
const RECORDS_MAX = 10_000;
/** Workers whose offences wait to be written. */
const WAITING_MAX = 1_000;

export interface OffenceRecordsParts {
  readonly mesh: Mesh;
  readonly shutOut: Pick<ShutOutView, "has" | "records">;
  readonly limits: OffenceLimits;
  readonly clock: Clock;
  readonly metrics: RouterMetrics;
}

/**
 * Writes down what workers were caught at, in bucket OFFENCES: by wallet, so that neither a new session, key or process
 * nor a restart of the routers makes it undone. Several routers add to the same record, each what it alone was told.
 * Who is cut off by it, all routers and requesters see from the bucket.
 */
export class OffenceRecords implements Part {
  readonly name = "offence records";
  readonly #parts: OffenceRecordsParts;
  readonly #wake = new Wake();
  readonly #waiting = new Map<string, Map<Offence, number>>();
  #kv: KV | undefined;
  #failures = 0;

  constructor(parts: OffenceRecordsParts) {
    this.#parts = parts;
  }

  /**
   * The worker was caught. Its id must be what NATS let it speak as. Of one that is shut out nothing more is written:
   * it changes nothing, and somebody who goes on for days would have each router write all the time.
   */
  add(workerId: string, offence: Offence, count = 1): void {
    if (!isOffence(offence) || !isSubjectToken(workerId) || count < 1) return;
    this.#parts.metrics.countOffence(offenceName(offence), count);
    if (this.#parts.shutOut.has(workerId)) return;
    const caught = this.#waiting.get(workerId) ?? new Map<Offence, number>();
    if (caught.size === 0 && this.#waiting.size >= WAITING_MAX) return;
    this.#waiting.set(workerId, caught.set(offence, (caught.get(offence) ?? 0) + count));
    this.#wake.call();
  }

  async start(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#wake.wait(stop);
      await delay(DEBOUNCE_MS, stop);
      if (!(await this.#writeAll())) {
        this.#wake.call();
        await delay(RETRY_MS, stop);
      }
    }
  }

  /** False if some could not be written; they wait. */
  async #writeAll(): Promise<boolean> {
    for (const [workerId, caught] of [...this.#waiting]) {
      this.#waiting.delete(workerId);
      try {
        await this.#write(workerId, caught);
      } catch (error) {
        this.#kv = undefined;
        this.#putBack(workerId, caught);
        const { logger } = this.#parts.mesh;
        if (this.#failures++ % FAILURES_PER_LOG_LINE === 0)
          logger.warn({ err: error, workerId }, "offences not written yet, trying again");
        return false;
      }
    }
    return true;
  }

  /** Another router may write the same record: what was read must be what is replaced. */
  async #write(workerId: string, caught: ReadonlyMap<Offence, number>): Promise<void> {
    const { mesh, clock, limits } = this.#parts;
    this.#kv ??= await openBucket(mesh, BUCKETS.offences);
    const stored = await this.#kv.get(workerId);
    const decoded =
      stored?.operation === "PUT" ? decodeWire(OffenceRecord, stored.value, RECORD_BYTES_MAX) : undefined;
    const before = decoded?.ok ? decoded.message : undefined;
    const nowMs = clock.unixMs();
    const after = withOffences(before, caught, nowMs, limits);
    if (before === undefined) await this.#makeRoom();
    const bytes = encode(OffenceRecord, after);
    if (stored?.operation === "PUT") await this.#kv.update(workerId, bytes, stored.revision);
    else await this.#kv.create(workerId, bytes);
    if (after.timesCutOff > (before?.timesCutOff ?? 0)) this.#tellCutOff(workerId, after, nowMs);
  }

  #tellCutOff(workerId: string, record: OffenceRecord, nowMs: number): void {
    const { mesh, metrics } = this.#parts;
    metrics.countCutOff();
    const offences = Object.fromEntries(
      record.counts.map(({ offence, count }) => [offenceName(offence), count]),
    );
    const facts = { workerId, offences, forMs: record.cutOffUntilUnixMs - nowMs, times: record.timesCutOff };
    mesh.logger.warn(facts, "worker cut off for what it was caught at");
  }

  /** Forgets who was caught longest ago, if there are too many. */
  async #makeRoom(): Promise<void> {
    const { records } = this.#parts.shutOut;
    if (records.size < RECORDS_MAX) return;
    let oldest: { workerId: string; lastMs: number } | undefined;
    for (const [workerId, record] of records) {
      const lastMs = Math.max(lastOffenceUnixMs(record), record.cutOffUntilUnixMs);
      if (oldest === undefined || lastMs < oldest.lastMs) oldest = { workerId, lastMs };
    }
    if (oldest !== undefined) await this.#kv?.purge(oldest.workerId);
  }

  #putBack(workerId: string, caught: ReadonlyMap<Offence, number>): void {
    const waiting = this.#waiting.get(workerId) ?? new Map<Offence, number>();
    for (const [offence, count] of caught) waiting.set(offence, (waiting.get(offence) ?? 0) + count);
    this.#waiting.set(workerId, waiting);
  }
}
