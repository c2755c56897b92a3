import type { Mesh } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { DroppedMessages } from "../../../packages/mesh/src/nats/dropped-messages.js";

type Receive = (error: Error | null, msg: Msg) => void;

/** A mesh without a server: what is subscribed to is fed by hand, and what is published is counted and forgotten. */
export class FakeMesh {
  readonly mesh: Mesh;
  /** Published since the last {@link feed} began, answers included. */
  published = 0;
  /** Messages since the last {@link feed} began that were not taken. */
  dropped = 0;
  /** To the last message that {@link feed} has handed over, and that was answered. */
  answer: Uint8Array | undefined;
  lastPublished: { readonly data: Uint8Array; readonly reply?: string } = { data: new Uint8Array() };
  readonly #receivers = new Map<string, Receive>();

  constructor() {
    const { meter } = createMetrics("fuzz");
    const logger = createLogger("fuzz", "silent");
    const dropped = new DroppedMessages(logger, meter);
    const drop = dropped.drop.bind(dropped);
    dropped.drop = (...what) => {
      this.dropped += 1;
      drop(...what);
    };
    const nats = {
      publish: (_subject: string, data: Uint8Array, options: { reply?: string } = {}) => {
        this.lastPublished = { data, ...options };
        this.#count();
      },
      subscribe: (subject: string, { callback }: { callback: Receive }) => {
        this.#receivers.set(subject, callback);
        return { unsubscribe: () => void this.#receivers.delete(subject) };
      },
      flush: async () => {},
    };
    this.mesh = {
      // CAST: as much of a connection as is used by what is fuzzed.
      nats: nats as unknown as NatsConnection,
      logger,
      meter,
      dropped,
      isConnected: () => true,
      newInbox: () => "_INBOX.fuzz",
      onReconnect: () => () => {},
      reconnect: async () => {},
      close: async () => {},
    };
  }

  /** The pattern that only one part listens to and begins like this. */
  patternOf(beginning: string): string {
    const found = [...this.#receivers.keys()].find((subject) => subject.startsWith(beginning));
    if (found === undefined) throw new Error(`nobody listens to ${beginning}…`);
    return found;
  }

  /** Hands a message to whoever listens to `pattern`. */
  feed(
    pattern: string,
    subject: string,
    data: Uint8Array,
    more: { reply?: string; headers?: MsgHdrs } = {},
  ): void {
    this.published = 0;
    this.dropped = 0;
    this.answer = undefined;
    this.#receivers.get(pattern)?.(null, this.message(subject, data, more));
  }

  message(subject: string, data: Uint8Array, more: { reply?: string; headers?: MsgHdrs } = {}): Msg {
    const respond = (answer: Uint8Array): boolean => {
      this.answer ??= answer;
      this.#count();
      return true;
    };
    // CAST: as much of a message as is read.
    return { subject, data, respond, ...more } as unknown as Msg;
  }

  #count(): void {
    this.published += 1;
  }
}
