import { FlockError } from "@flock/errors";
import { jetstreamOf, type Mesh } from "@flock/mesh";
import { decodeWire, EVENTS, MESSAGE_BYTES_MAX, STREAMS } from "@flock/proto";
import { LedgerTransferred } from "@flock/proto/events";
import type { Replay } from "../domain/replay.js";

/** A publisher that tried again may have put as many commits before an earlier one. */
const REORDERED_MAX = 100n;

/**
 * Feeds a replay with the events on the stream, from the first on, up to the link `position` of the chain; what comes
 * later is left out.
 * @throws FlockError `failed_precondition` when the stream no longer has the first events.
 */
export async function readEvents(mesh: Mesh, replay: Replay, position: bigint): Promise<void> {
  if (position === 0n) return;
  const consumer = await jetstreamOf(mesh).consumers.get(STREAMS.events, {
    filter_subjects: EVENTS.ledgerTransferred,
  });
  let { num_pending: left } = await consumer.info();
  if (left === 0) return;
  const messages = await consumer.consume();
  try {
    for await (const msg of messages) {
      const decoded = decodeWire(LedgerTransferred, msg.data, MESSAGE_BYTES_MAX.event);
      if (!decoded.ok) replay.faults.push(`event ${msg.seq} cannot be read: ${decoded.reason}`);
      else {
        expectFirst(replay, decoded.message.chainPosition);
        // What is beyond the snapshot was committed after it.
        if (decoded.message.chainPosition <= position) replay.take(decoded.message);
      }
      left -= 1;
      if (replay.position >= position || left <= 0) return;
    }
  } finally {
    await messages.close();
  }
}

/** Without the first commits nothing can be rebuilt. */
function expectFirst(replay: Replay, position: bigint): void {
  if (replay.position > 0n || replay.waiting > 0 || position <= REORDERED_MAX) return;
  throw new FlockError(
    "failed_precondition",
    `the stream begins at link ${position} of the chain; replay its archive`,
  );
}
