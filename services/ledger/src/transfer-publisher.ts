import type { Database } from "@flock/database";
import { ensureEventsStream, jetstreamOf, type Mesh, type Part, repeating, type Wake } from "@flock/mesh";
import { EVENTS, encode, PROTOCOL_VERSION } from "@flock/proto";
import { LedgerTransferred } from "@flock/proto/events";
import type { LedgerMetrics } from "./metrics.js";
import { type LinkedCommit, publishCommits } from "./store/commit-chain.js";
import type { RecentCommits } from "./store/recent-commits.js";
import type { LedgerSchema } from "./store/schema.js";

const COMMITS_PER_ROUND = 50;
/** Only for what another process has committed and died over: this one's own commits wake the publisher. */
const INTERVAL_MS = 500;
/**
 * A round costs the database as much as a commit: each takes what was committed in this time, and nobody waits for it.
 */
const GATHER_MS = 200;

export interface TransferPublisherParts {
  readonly db: Database<LedgerSchema>;
  readonly mesh: Mesh;
  readonly metrics: LedgerMetrics;
  /** What this process has committed. */
  readonly recent: RecentCommits;
  /** Called after each commit of this process. */
  readonly committed: Wake;
}

/**
 * Publishes every commit as `evt.ledger.transferred`, in the order of the hash chain, so that an archive of
 * the events is enough to rebuild the ledger and to prove that nothing was changed. The books are the outbox: a commit
 * counts as unpublished until the stream has confirmed its transfers, so a crash loses nothing. An event that is
 * published twice has the same message id (position and part) and the same content.
 */
export function transferPublisher({ db, mesh, metrics, recent, committed }: TransferPublisherParts): Part {
  const client = jetstreamOf(mesh);
  let isStreamKnown = true;

  async function publish(commits: readonly LinkedCommit[]): Promise<void> {
    if (!isStreamKnown) await ensureEventsStream(mesh);
    // Set again below: after a failure the stream may be gone (another NATS, another data directory).
    isStreamKnown = false;
    // One commit after the other: calls and events are answered in between.
    for (const commit of commits) {
      await Promise.all(
        eventsOf(commit).map((event, part) =>
          client.publish(EVENTS.ledgerTransferred, event, { msgID: `ledger-${commit.position}-${part}` }),
        ),
      );
    }
    isStreamKnown = true;
  }

  return repeating(
    {
      name: "transfer publisher",
      logger: mesh.logger,
      intervalMs: INTERVAL_MS,
      wake: committed,
      gatherMs: GATHER_MS,
      hasLastRound: true,
    },
    async () => {
      const published = await publishCommits(db, recent, COMMITS_PER_ROUND, publish);
      if (published > 0) metrics.published(published);
      return published === COMMITS_PER_ROUND;
    },
  );
}

/** The encoded `LedgerTransferred`s of a commit. Two encoded messages, one after the other, are their union. */
function eventsOf({ position, previousHash, hash, transfers: { parts } }: LinkedCommit): Uint8Array[] {
  return parts.map((transfers, part) => {
    const frame = {
      version: PROTOCOL_VERSION,
      transfers: [],
      chainPosition: position,
      previousHash,
      hash,
      part,
      parts: parts.length,
    };
    return Buffer.concat([encode(LedgerTransferred, frame), transfers]);
  });
}
