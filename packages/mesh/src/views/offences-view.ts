import { BUCKETS } from "@flock/proto";
import { OffenceRecord } from "@flock/proto/workers";
import type { Mesh } from "../nats/connection.js";
import { openBucket } from "../nats/streams.js";
import type { Part } from "../runtime/lifecycle.js";
import { MessageCopy } from "./message-copy.js";

/** What workers were caught at, followed from the bucket OFFENCES. */
export class OffencesView implements Part {
  readonly name = "offences view";
  readonly #copy: MessageCopy<OffenceRecord>;

  /** `onRecord` is told of each record that came or changed. */
  constructor(mesh: Mesh, onRecord?: (workerId: string) => void) {
    this.#copy = new MessageCopy(mesh, BUCKETS.offences, OffenceRecord, onRecord);
  }

  /** Settles when the bucket has been read once. */
  get loaded(): Promise<void> {
    return this.#copy.follower.loaded;
  }

  async start(stop: AbortSignal): Promise<void> {
    await this.#copy.follower.follow(stop);
  }

  notReady(): string | undefined {
    return this.#copy.follower.isLoaded ? undefined : "offences not read yet";
  }

  find(workerId: string): OffenceRecord | undefined {
    return this.records.get(workerId);
  }

  /** All records, by worker id. */
  get records(): ReadonlyMap<string, OffenceRecord> {
    return this.#copy.entries;
  }
}

/** Forgets what a worker was caught at; nothing is no error. */
export async function forgiveOffences(mesh: Mesh, workerId: string): Promise<void> {
  await (await openBucket(mesh, BUCKETS.offences)).delete(workerId);
}
