import { encode, type MessageCodec } from "@flock/proto";
import type { JetStreamClient } from "@nats-io/jetstream";
import { retryUntilDone } from "../runtime/retry-until-done.js";
import type { Mesh } from "./connection.js";
import { ensureEventsStream, jetstreamOf } from "./streams.js";

/**
 * Publishes durable facts to the EVENTS stream: each with a message id, repeated until the stream has confirmed it or
 * `giveUpAfterMs` has passed (default 90 s, less than the stream's duplicate window, so that a repeat is never a second
 * event). `flush` waits for all that is still under way; a service calls it when it drains.
 */
export class EventPublisher {
  readonly #mesh: Mesh;
  readonly #client: JetStreamClient;
  readonly #pending = new Set<Promise<boolean>>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#client = jetstreamOf(mesh);
  }

  /**
   * True once the event is stored (now or by an earlier try); false if it could not be, which is logged as an error.
   */
  publish<T>(
    subject: string,
    messageId: string,
    codec: MessageCodec<T>,
    event: T,
    giveUpAfterMs = 90_000,
  ): Promise<boolean> {
    const stored = this.#publish(subject, messageId, encode(codec, event), giveUpAfterMs);
    this.#pending.add(stored);
    void stored.finally(() => this.#pending.delete(stored));
    return stored;
  }

  async flush(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  async #publish(
    subject: string,
    messageId: string,
    payload: Uint8Array,
    giveUpAfterMs: number,
  ): Promise<boolean> {
    const options = { msgID: messageId };
    try {
      await this.#client.publish(subject, payload, options);
      return true;
    } catch (error) {
      this.#mesh.logger.warn({ err: error, subject, messageId }, "event not stored yet");
    }
    const repeat = async (): Promise<boolean> => {
      // NATS may have come back without the stream (a new data directory, a replaced server).
      await ensureEventsStream(this.#mesh);
      await this.#client.publish(subject, payload, options);
      return true;
    };
    const stop = AbortSignal.timeout(giveUpAfterMs);
    const stored = (await retryUntilDone(`publish ${subject}`, this.#mesh.logger, repeat, stop)) ?? false;
    if (!stored)
      this.#mesh.logger.error({ subject, messageId }, "event lost: the stream did not take it in time");
    return stored;
  }
}
