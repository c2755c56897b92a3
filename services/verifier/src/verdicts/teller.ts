import { ensureEventsStream, jetstreamOf, type Mesh, openBucket, type Part, repeating } from "@flock/mesh";
import { BUCKETS, encode } from "@flock/proto";
import { Standing } from "@flock/proto/verifier";
import { markTold, untold } from "../store/verdicts.js";
import { standingOf, type WorkerRow, workersBehind, workersById } from "../store/workers.js";
import type { Verifier } from "../verifier.js";

const INTERVAL_MS = 500;
const PAGE = 100;
/** The bucket is written again as a whole so often: NATS may have lost it. */
const REWRITE_INTERVAL_MS = 600_000;

/**
 * Tells of standings and verdicts: first the bucket, by which jobs are routed, then the event. In order, and again until
 * it is done: by its message id the stream keeps an event once.
 */
export function teller({ db, clock, logger }: Verifier, mesh: Mesh): Part {
  const events = jetstreamOf(mesh);
  let rewrittenAtMs = Number.NEGATIVE_INFINITY;
  return repeating({ name: "teller", logger, intervalMs: INTERVAL_MS, hasLastRound: true }, async () => {
    if (clock.nowMs() - rewrittenAtMs > REWRITE_INTERVAL_MS) {
      await rewrite(db.kysely, mesh);
      rewrittenAtMs = clock.nowMs();
    }
    const rows = await untold(db.kysely, PAGE);
    if (rows.length > 0) await ensureEventsStream(mesh);
    for (const row of rows) {
      await put(mesh, await workersById(db.kysely, [row.worker_id]));
      await events.publish(row.subject, row.payload, { msgID: row.message_id });
      await markTold(db.kysely, row.id, new Date(clock.unixMs()));
    }
    return rows.length === PAGE;
  });
}

async function rewrite(db: Verifier["db"]["kysely"], mesh: Mesh): Promise<void> {
  for (let after = ""; ; ) {
    const rows = await workersBehind(db, after, PAGE);
    await put(mesh, rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.worker_id;
  }
}

async function put(mesh: Mesh, rows: readonly WorkerRow[]): Promise<void> {
  if (rows.length === 0) return;
  const bucket = await openBucket(mesh, BUCKETS.standings);
  for (const row of rows) await bucket.put(row.worker_id, encode(Standing, standingOf(row)));
}
