import type { MicroLlama } from "@flock/money";

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

interface Entry {
  /** Undefined: not known yet. */
  stake: MicroLlama | undefined;
  freshUntilMs: number;
  isReading: boolean;
}

/**
 * What accounts have staked, without waiting: an answer is at most as old as its time to live and one read, and an
 * owner that was not asked for before is unknown until the first read is back. Bounded: who was not asked for longest
 * is dropped.
 */
export class StakeView {
  readonly #options: Required<StakeViewOptions>;
  /** In order of use. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: StakeViewOptions) {
    this.#options = { clock: () => performance.now(), ...options };
  }

  /** The owner's stake as last read; undefined: not known yet. */
  stakeOf(owner: string): MicroLlama | undefined {
    const entry = this.#entryOf(owner);
    if (this.#options.clock() >= entry.freshUntilMs) this.#read(owner, entry);
    return entry.stake;
  }

  /** The owner's stake has just become this. */
  learn(owner: string, stake: MicroLlama): void {
    const entry = this.#entryOf(owner);
    entry.stake = stake;
    entry.freshUntilMs = this.#options.clock() + this.#options.ttlMs;
  }

  #entryOf(owner: string): Entry {
    const entry = this.#entries.get(owner) ?? { stake: undefined, freshUntilMs: 0, isReading: false };
    this.#entries.delete(owner);
    this.#entries.set(owner, entry);
    if (this.#entries.size > this.#options.entriesMax) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry;
  }

  #read(owner: string, entry: Entry): void {
    if (entry.isReading) return;
    entry.isReading = true;
    const { freshUntilMs } = entry;
    this.#options
      .read(owner)
      .then(
        (stake) => {
          // What was learned while the read was under way is newer than what it found.
          if (entry.freshUntilMs === freshUntilMs) this.learn(owner, stake);
        },
        () => {
          // The last stake known is the best there is.
          entry.freshUntilMs = this.#options.clock() + RETRY_MS;
        },
      )
      .finally(() => {
        entry.isReading = false;
      });
  }
}
