import { BUCKETS, decodeWire, encode, PROTOCOL_VERSION } from "@flock/proto";
import { Ban } from "@flock/proto/workers";
import type { KV, KvEntry } from "@nats-io/kv";
import type { Mesh } from "../nats/connection.js";
import { openBucket } from "../nats/streams.js";
import type { Part } from "../runtime/lifecycle.js";
import { type BucketCopy, BucketFollower } from "./bucket-follower.js";

const BAN_BYTES_MAX = 4 * 1024;
/** Of a ban, in characters: it is told to the worker's owner in one sentence. */
const REASON_LENGTH_MAX = 500;

/** Who is banned, followed from the bucket BANS. */
export class BansView implements Part {
  readonly name = "bans view";
  /** Settles when the bucket has been read once. */
  readonly loaded: Promise<void>;
  readonly #mesh: Mesh;
  readonly #bans = new Map<string, Ban>();
  readonly #follower: BucketFollower;

  /** `onBan` is told of each ban that came or changed. */
  constructor(mesh: Mesh, onBan: (workerId: string) => void = () => {}) {
    this.#mesh = mesh;
    const copy: BucketCopy = {
      put: (entry) => {
        this.#bans.set(entry.key, banOf(entry));
        onBan(entry.key);
      },
      remove: (workerId) => void this.#bans.delete(workerId),
      keys: () => this.#bans.keys(),
    };
    this.#follower = new BucketFollower({ mesh, bucket: BUCKETS.bans, copy });
    this.loaded = this.#follower.loaded;
  }

  async start(stop: AbortSignal): Promise<void> {
    await this.#follower.follow(stop);
  }

  notReady(): string | undefined {
    return this.#follower.isLoaded ? undefined : "bans not read yet";
  }

  /** The ban of a worker, as far as it has been heard of; undefined: none. */
  find(workerId: string): Ban | undefined {
    return this.#bans.get(workerId);
  }

  /**
   * The ban of a worker as it stands in the bucket now: also one that the view has not heard of yet.
   * @throws FlockError `unavailable` while the bucket cannot be read
   */
  async read(workerId: string): Promise<Ban | undefined> {
    const entry = await (await bans(this.#mesh)).get(workerId);
    return entry === null || entry.operation !== "PUT" ? undefined : banOf(entry);
  }
}

/** Bans a worker, or gives its ban another reason. */
export async function banWorker(
  mesh: Mesh,
  workerId: string,
  { reason, unixMs }: { readonly reason: string; readonly unixMs: number },
): Promise<void> {
  const ban = { version: PROTOCOL_VERSION, sinceUnixMs: unixMs, reason: reason.slice(0, REASON_LENGTH_MAX) };
  await (await bans(mesh)).put(workerId, encode(Ban, ban));
}

/** Takes a ban back; none is no error. */
export async function liftBan(mesh: Mesh, workerId: string): Promise<void> {
  await (await bans(mesh)).delete(workerId);
}

function bans(mesh: Mesh): Promise<KV> {
  return openBucket(mesh, BUCKETS.bans);
}

/** An entry that cannot be read is a ban all the same: somebody has put it there. */
function banOf({ value }: Pick<KvEntry, "value">): Ban {
  const decoded = decodeWire(Ban, value, BAN_BYTES_MAX);
  return decoded.ok ? decoded.message : { version: PROTOCOL_VERSION, sinceUnixMs: 0, reason: "" };
}
