import { BUCKETS, decodeWire, isSubjectToken } from "@flock/proto";
import { Standing, StandingState } from "@flock/proto/standings";
import type { KvWatchEntry } from "@nats-io/kv";
import type { Mesh } from "../nats/connection.js";
import type { Part } from "../runtime/lifecycle.js";
import { type BucketCopy, BucketFollower } from "./bucket-follower.js";

const STANDING_BYTES_MAX = 2 * 1024;
/** Of a standing, in characters: it is told to the worker's owner in one sentence. */
const REASON_LENGTH_MAX = 500;

/**
 * What the verifier thinks of workers, followed from the bucket STANDINGS. Of one without an entry it thinks nothing
 * yet.
 *
 * An entry that cannot be read leaves what was there: it neither frees a worker that was convicted, nor does it punish
 * one that was not. A state of a later version shuts nobody out: this one cannot know what it means.
 */
export class StandingsView implements Part {
  readonly name = "standings view";
  /** Settles when the bucket has been read once. */
  readonly loaded: Promise<void>;
  readonly #standings = new Map<string, Standing>();
  readonly #follower: BucketFollower;

  /** `onStanding` is told of each worker whose state may be another now. */
  constructor(mesh: Mesh, onStanding: (workerId: string) => void = () => {}) {
    const copy: BucketCopy = {
      put: (entry) => {
        const standing = standingOf(mesh, entry);
        if (standing === undefined) return;
        const before = this.#standings.get(entry.key)?.state;
        this.#standings.set(entry.key, standing);
        if (standing.state !== before) onStanding(entry.key);
      },
      remove: (workerId) => {
        if (this.#standings.delete(workerId)) onStanding(workerId);
      },
      keys: () => this.#standings.keys(),
    };
    this.#follower = new BucketFollower({ mesh, bucket: BUCKETS.standings, copy });
    this.loaded = this.#follower.loaded;
  }

  async start(stop: AbortSignal): Promise<void> {
    await this.#follower.follow(stop);
  }

  notReady(): string | undefined {
    return this.#follower.isLoaded ? undefined : "standings not read yet";
  }

  /** The standing of a worker, as far as it has been heard of; undefined: none yet. */
  find(workerId: string): Standing | undefined {
    return this.#standings.get(workerId);
  }

  /** It was found to cheat, and gets no job. */
  isConvicted(workerId: string): boolean {
    return this.find(workerId)?.state === StandingState.CONVICTED;
  }

  /** It gets no job but those that name it as the only worker that may have them. */
  isQuarantined(workerId: string): boolean {
    return this.find(workerId)?.state === StandingState.QUARANTINED;
  }
}

function standingOf({ dropped }: Mesh, { key, value }: KvWatchEntry): Standing | undefined {
  const source = `bucket ${BUCKETS.standings}`;
  if (!isSubjectToken(key)) {
    dropped.drop(source, "no_worker_id");
    return undefined;
  }
  const decoded = decodeWire(Standing, value, STANDING_BYTES_MAX);
  if (!decoded.ok) {
    dropped.drop(source, decoded.reason, { workerId: key });
    return undefined;
  }
  const { reason, ...standing } = decoded.message;
  return { ...standing, reason: reason.slice(0, REASON_LENGTH_MAX) };
}
