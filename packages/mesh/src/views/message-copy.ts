import { type BUCKETS, decodeWire, type MessageCodec } from "@flock/proto";
import type { KvWatchEntry } from "@nats-io/kv";
import type { Mesh } from "../nats/connection.js";
import { type BucketCopy, BucketFollower } from "./bucket-follower.js";

const ENTRY_BYTES_MAX = 256 * 1024;

/**
 * An in-memory copy of one bucket of protobuf messages, by key. Entries that cannot be read leave what was there: what
 * a service of another version has written is for those that can read it.
 */
export class MessageCopy<T extends { version: number }> implements BucketCopy {
  readonly entries = new Map<string, T>();
  readonly follower: BucketFollower;

  constructor(
    private readonly mesh: Mesh,
    private readonly bucket: (typeof BUCKETS)[keyof typeof BUCKETS],
    private readonly codec: MessageCodec<T>,
    /** Told of each entry that came or changed. */
    private readonly onPut: (key: string) => void = () => {},
  ) {
    this.follower = new BucketFollower({ mesh, bucket, copy: this });
  }

  put({ key, value }: KvWatchEntry): void {
    const decoded = decodeWire(this.codec, value, ENTRY_BYTES_MAX);
    if (!decoded.ok) return this.mesh.dropped.drop(`bucket ${this.bucket}`, decoded.reason, { key });
    this.entries.set(key, decoded.message);
    this.onPut(key);
  }

  remove(key: string): void {
    this.entries.delete(key);
  }

  keys(): Iterable<string> {
    return this.entries.keys();
  }
}
