import { type Mesh, manager } from "@flock/mesh";
import { BUCKETS, STREAMS } from "@flock/proto";
import type { Msg } from "@nats-io/nats-core";

const LOOKED_AT = [STREAMS.jobs, STREAMS.events, `KV_${BUCKETS.params}`];

/** Sees everything that happens in CORE: each message, and what streams and consumers hold. */
export class Observer {
  readonly #mesh: Mesh;
  readonly #asking: Mesh;
  #seen: Msg[] | undefined;

  /** @param asking a connection of its own, so that what is asked is not mistaken for what is seen */
  constructor(mesh: Mesh, asking: Mesh) {
    this.#mesh = mesh;
    this.#asking = asking;
    mesh.nats.subscribe(">", { callback: (_, msg) => void this.#seen?.push(msg) });
  }

  /**
   * The subjects of the messages in CORE while something is done, and until all of it has arrived; without deliveries
   * of stored messages, which come under the subject that they were stored under.
   */
  async during(act: () => Promise<unknown>): Promise<string[]> {
    await this.#mesh.nats.flush();
    const seen: Msg[] = [];
    this.#seen = seen;
    try {
      await act();
      await this.#mesh.nats.flush();
    } finally {
      this.#seen = undefined;
    }
    return seen.filter(({ reply = "" }) => !reply.startsWith("$JS.ACK.")).map(({ subject }) => subject);
  }

  /** What the streams and consumers hold, apart from who waits. */
  async state(): Promise<object> {
    const { streams, consumers } = await manager(this.#asking);
    const found = [];
    for (const name of LOOKED_AT) {
      const { config, state } = await streams.info(name);
      const held = [];
      for await (const consumer of consumers.list(name))
        held.push({ config: consumer.config, acknowledged: consumer.ack_floor.stream_seq });
      const { messages, first_seq, last_seq } = state;
      found.push({ config, messages, first_seq, last_seq, held });
    }
    return found;
  }

  /** Names of all streams that there are. */
  async streams(): Promise<string[]> {
    const { streams } = await manager(this.#asking);
    const names: string[] = [];
    for await (const name of streams.names()) names.push(name);
    return names.sort();
  }
}
