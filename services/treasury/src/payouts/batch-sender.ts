import { type Part, repeating } from "@flock/mesh";
import { type LiveBatch, liveBatches, markSent } from "../store/batches.js";
import { stopsInForce } from "../store/stops.js";
import type { Treasury } from "../treasury.js";

const BATCHES_PER_ROUND = 1_024;
const INTERVAL_MS = 100;
/** Sends under way at once. */
const PARALLEL = 8;

/**
 * Sends what is stored, to every endpoint, and again the very same bytes until the watcher knows its end: a repeat can
 * change nothing, and nobody else repeats it (maxRetries 0). A halt ends that for payouts: what was sent may still
 * land, but we do not help it.
 */
export function batchSender(treasury: Treasury, options: { readonly resendMs: number }): Part {
  const { logger } = treasury;
  return repeating({ name: "batch sender", logger, intervalMs: INTERVAL_MS }, async () => {
    await sendDue(treasury, options.resendMs);
    return false;
  });
}

/** Sends every live batch whose time has come, once. */
export async function sendDue(treasury: Treasury, resendMs: number): Promise<void> {
  const { db, clock } = treasury;
  const isHalted = (await stopsInForce(db.kysely)).some(({ kind }) => kind === "halt");
  const nowUnixMs = clock.unixMs();
  const due = (await liveBatches(db.kysely, BATCHES_PER_ROUND)).filter(
    ({ purpose, lastSentAt }) =>
      !(isHalted && purpose === "payouts") &&
      (lastSentAt === undefined || nowUnixMs - lastSentAt.getTime() >= resendMs),
  );
  const queue = due.values();
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (const batch of queue) await send(treasury, batch);
    }),
  );
}

async function send(treasury: Treasury, batch: LiveBatch): Promise<void> {
  const { db, endpoints, logger, metrics } = treasury;
  // First written down, then done: `signed` means that it has certainly not been sent.
  if (!(await markSent(db.kysely, batch.id))) return;
  if (batch.state === "signed") metrics.batch("sent");
  await Promise.all(
    endpoints.all.map((chain) =>
      chain.send(batch.raw, batch.minContextSlot).catch((err: unknown) => {
        // Refused, lost or taken after all: what counts is what the watcher finds.
        logger.debug({ err, batchId: batch.id, endpoint: chain.endpoint }, "sending failed");
      }),
    ),
  );
}
