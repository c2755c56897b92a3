import type { MicroLlama } from "@flock/money";
import { LRUCache } from "lru-cache";

export interface StakeViewOptions {
  /** Reads an owner's stake; may fail. */
  readonly read: (owner: string) => Promise<MicroLlama>;
  /** After this time a stake is read again, behind the request that asked for it. */
  readonly ttlMs: number;
  readonly entriesMax: number;
  /** Monotonic milliseconds. */
  readonly clock?: () => number;
}

/** After a stake could not be read. */
const RETRY_MS = 2_000;

/** Undefined: it could not be read yet. */
interface Entry {
  readonly stake: MicroLlama | undefined;
}

/**
 * What accounts have staked, without waiting: an answer is at most as old as its time to live and one read, and an
 * owner that was not asked for before is unknown until the first read is back. Bounded: who was not asked for longest
 * is dropped.
 */
export class StakeView {
  readonly #entries: LRUCache<string, Entry>;

  constructor({ read, ttlMs, entriesMax, clock = () => performance.now() }: StakeViewOptions) {
    this.#entries = new LRUCache<string, Entry>({
      max: entriesMax,
      ttl: ttlMs,
      allowStale: true,
      noDeleteOnStaleGet: true,
      perf: { now: clock },
      ttlResolution: 0,
      fetchMethod: async (owner, last, { options }) => {
        try {
          return { stake: await read(owner) };
        } catch {
          // The last stake known is the best there is.
          options.ttl = RETRY_MS;
          return last ?? { stake: undefined };
        }
      },
    });
  }

  /** The owner's stake as last read; undefined: not known yet. */
  stakeOf(owner: string): MicroLlama | undefined {
    // One read at a time per owner; it is given up if the stake is learned or the owner dropped meanwhile.
    if (!this.#entries.has(owner)) this.#entries.fetch(owner).catch(() => {});
    return this.#entries.get(owner)?.stake;
  }

  /** The owner's stake has just become this. */
  learn(owner: string, stake: MicroLlama): void {
    this.#entries.set(owner, { stake });
  }
}
