import type { Database } from "@flock/database";
import { jetstreamOf, type Mesh, type Part, repeating } from "@flock/mesh";
import { EVENTS, encode, PROTOCOL_VERSION } from "@flock/proto";
import { LedgerEpochClosed } from "@flock/proto/events";
import { type ClosedEpoch, closeNextEpoch } from "./close-epoch.js";
import { epochMessage } from "./epoch-message.js";
import type { LedgerMetrics } from "./metrics.js";
import type { OperationRunner } from "./operation-runner.js";
import { asOnlyCloser } from "./store/closing-lock.js";
import { oldestUnannounced, setAnnounced } from "./store/epochs.js";
import type { LedgerSchema } from "./store/schema.js";

export interface EpochCloserOptions {
  readonly db: Database<LedgerSchema>;
  /** Connections that may read for minutes. */
  readonly reports: Database<LedgerSchema>;
  readonly operations: OperationRunner;
  readonly mesh: Mesh;
  readonly metrics: LedgerMetrics;
}

const INTERVAL_MS = 500;

/**
 * Closes epochs whose challenge window is over, one after the other: writes the statement, pays what follows from it,
 * fixes its root, and tells the mesh (`evt.ledger.epoch_closed`). Each step is safe to repeat, and a ledger that dies
 * in between leaves an epoch that the next one goes on with: the statement is the same again, payments meet themselves.
 */
export function epochCloser(options: EpochCloserOptions): Part {
  const { db, mesh } = options;
  return repeating({ name: "epoch closer", logger: mesh.logger, intervalMs: INTERVAL_MS }, async () => {
    const hasClosed = await asOnlyCloser(db.pool, async () => {
      const closed = await closeNextEpoch(options);
      if (closed !== undefined) noteClosed(options, closed);
      await announce(options);
      return closed !== undefined;
    });
    return hasClosed === true;
  });
}

function noteClosed({ mesh, metrics }: EpochCloserOptions, { epoch, statement }: ClosedEpoch): void {
  metrics.closed(epoch);
  const { jobs, charge } = statement.total;
  const facts = {
    epoch: Number(epoch),
    jobs: Number(jobs),
    chargeMicro: String(charge),
    root: statement.root,
  };
  mesh.logger.info(facts, "epoch closed");
}

async function announce({ db, mesh }: EpochCloserOptions): Promise<void> {
  for (;;) {
    const epoch = await oldestUnannounced(db.pool);
    if (epoch === undefined) return;
    const event = { version: PROTOCOL_VERSION, epoch: epochMessage(epoch) };
    const msgID = `epoch-closed-${epoch.number}`;
    await jetstreamOf(mesh).publish(EVENTS.ledgerEpochClosed, encode(LedgerEpochClosed, event), { msgID });
    await setAnnounced(db.pool, epoch.number);
  }
}
