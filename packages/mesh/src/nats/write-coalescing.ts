import type { NatsConnection } from "@nats-io/nats-core";

/** What is waiting may grow to this before it is written in the middle of a turn; the client's own threshold. */
const PENDING_BYTES_MAX = 32 * 1024;
/** Nothing was written for this long: there is nothing to share a write with, and somebody waits. */
const PAUSE_MS = 2;

interface Internals {
  protocol?: { flushPending?: () => void; outbound?: { size(): number } };
}

/**
 * Lets everything that one turn of the event loop publishes share one write to the socket. The client writes once per
 * microtask burst, which is once per message for a service that does many small things at once, and socket writes are
 * what such a service spends most of its time on. A message waits for the rest of its turn at most, and the first one
 * after a pause not at all.
 *
 * This replaces a method inside the client, whose version is pinned. Where it is missing the client stays as it is:
 * slower, not wrong. Returns whether it took effect.
 */
export function coalesceWrites(nats: NatsConnection): boolean {
  // CAST: the members exist in the pinned version but not in its published types.
  const { protocol } = nats as unknown as Internals;
  const { flushPending, outbound } = protocol ?? {};
  if (protocol === undefined || flushPending === undefined || outbound === undefined) return false;
  const flush = flushPending.bind(protocol);
  let scheduled = false;
  let writtenAtMs = 0;
  const write = (): void => {
    writtenAtMs = performance.now();
    flush();
  };
  protocol.flushPending = () => {
    if (scheduled && outbound.size() < PENDING_BYTES_MAX) return;
    const isFirst = performance.now() - writtenAtMs > PAUSE_MS;
    if (isFirst || outbound.size() >= PENDING_BYTES_MAX) return write();
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      write();
    });
  };
  return true;
}
