import assert from "node:assert/strict";
import { setImmediate as nextTick } from "node:timers/promises";
import { advisoryLockId, type Database } from "@flock/database";
import type { Transfer } from "@flock/proto/ledger";
import type pg from "pg";
import { CHAIN_START, chainHash } from "../domain/chain-hash.js";
import { type EncodedTransfers, encodeTransfers } from "./encoded-transfers.js";
import type { RecentCommits } from "./recent-commits.js";
import { CREATED_UNIX_MS, type RecordedTransfer, transferMessage } from "./recorded-transfer.js";
import type { LedgerSchema } from "./schema.js";

const LOCK = advisoryLockId("flock.ledger.publisher");

/** A commit with its place in the hash chain. */
export interface LinkedCommit {
  /** From 1. */
  readonly position: bigint;
  readonly previousHash: Uint8Array;
  readonly hash: Uint8Array;
  readonly firstSeq: bigint;
  readonly transfers: EncodedTransfers;
}

interface LinkRow {
  readonly position: bigint;
  readonly previous_hash: Buffer;
  readonly hash: Buffer;
  readonly first_seq: bigint;
}

/** How far the chain reaches, and up to where it is published. */
interface ChainState {
  readonly published: bigint;
  /** Of the last link; null before the first. */
  readonly position: bigint | null;
  readonly hash: Buffer | null;
}

/** A transfer with the commit that it is part of. */
export type CommittedRow = RecordedTransfer & { readonly first_seq: bigint };

/** A query for the transfers of the commits that `commits` selects (first_seq, transfer_count). */
export const TRANSFERS_OF = (commits: string) => `
  SELECT k.first_seq, t.seq, t.id, t.kind, t.phase, t.amount, t.business_id, ${CREATED_UNIX_MS},
         d.code AS debit_code, c.code AS credit_code
    FROM (${commits}) k
   CROSS JOIN LATERAL (
     SELECT * FROM all_transfers t
      WHERE t.row_seq >= k.first_seq AND t.row_seq < k.first_seq + k.transfer_count OFFSET 0) t
    JOIN accounts d ON d.id = t.debit_id
    JOIN accounts c ON c.id = t.credit_id
   ORDER BY t.seq`;

const UNCHAINED = "SELECT first_seq FROM commits WHERE NOT is_chained ORDER BY first_seq LIMIT $1";
const TRANSFERS = TRANSFERS_OF(
  "SELECT first_seq, transfer_count FROM commits WHERE first_seq = ANY($1::bigint[])",
);

const STATE = `
  SELECT p.published, l.position, l.hash
    FROM publication p LEFT JOIN LATERAL (SELECT * FROM commit_chain ORDER BY position DESC LIMIT 1) l ON true`;

const LINK = `
  WITH chained AS (
    UPDATE commits SET is_chained = true WHERE first_seq = ANY($2::bigint[]))
  INSERT INTO commit_chain (position, first_seq, previous_hash, hash)
    SELECT l.position, l.first_seq, l.previous_hash, l.hash
      FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[]) AS l (position, first_seq, previous_hash, hash)
     ORDER BY l.position`;

/**
 * Gives the oldest commits without a link their links in the hash chain. Hands commits to `publish` in the order of the
 * chain, and notes that they are published when it has returned. Returns their number.
 *
 * One process at a time does this (the others get 0 at once). Links are committed before anything is published, so
 * after a crash the same is published again. A commit that became visible late, after ones with higher sequence
 * numbers, comes later in the chain. Transfers that are not among `recent` are read.
 */
export async function publishCommits(
  db: Database<LedgerSchema>,
  recent: RecentCommits,
  commitsMax: number,
  publish: (commits: readonly LinkedCommit[]) => Promise<void>,
): Promise<number> {
  const client = await db.pool.connect();
  let broken: Error | undefined;
  try {
    const { rows } = await client.query<{ mine: boolean }>("SELECT pg_try_advisory_lock($1) AS mine", [LOCK]);
    if (rows[0]?.mine !== true) return 0;
    const commits = await nextCommits(client, recent, commitsMax);
    const last = commits.at(-1);
    if (last !== undefined) {
      await publish(commits);
      // Losing this in a crash of the server means to publish once more, so it does not wait for the disk.
      await client.query(
        `BEGIN; SET LOCAL synchronous_commit = off; UPDATE publication SET published = ${last.position}; COMMIT`,
      );
    }
    await client.query("SELECT pg_advisory_unlock($1)", [LOCK]);
    return commits.length;
  } catch (thrown) {
    // The connection is closed, and the lock ends with it.
    broken = thrown instanceof Error ? thrown : new Error("publishing failed", { cause: thrown });
    throw thrown;
  } finally {
    client.release(broken);
  }
}

/** What a process linked and did not come to publish; if there is no such thing, what is to be linked next. */
async function nextCommits(
  client: pg.PoolClient,
  recent: RecentCommits,
  commitsMax: number,
): Promise<LinkedCommit[]> {
  const { rows } = await client.query<ChainState>({ name: "ledger-chain-state", text: STATE });
  const [state] = rows;
  assert(state !== undefined, "the publication has its one row");
  const isBehind = state.position !== null && state.position > state.published;
  return isBehind
    ? await readLinked(client, state, commitsMax)
    : await linkOldest(client, recent, state, commitsMax);
}

async function readLinked(
  client: pg.PoolClient,
  { published }: ChainState,
  commitsMax: number,
): Promise<LinkedCommit[]> {
  const { rows: links } = await client.query<LinkRow>(
    "SELECT * FROM commit_chain WHERE position > $1 ORDER BY position LIMIT $2",
    [published, commitsMax],
  );
  const transfers = await readTransfers(
    client,
    links.map((link) => link.first_seq),
  );
  return links.map((link) => ({
    position: link.position,
    previousHash: link.previous_hash,
    hash: link.hash,
    firstSeq: link.first_seq,
    transfers: transfersOf(transfers, link.first_seq),
  }));
}

async function linkOldest(
  client: pg.PoolClient,
  recent: RecentCommits,
  state: ChainState,
  commitsMax: number,
): Promise<LinkedCommit[]> {
  const { rows } = await client.query<{ first_seq: bigint }>({
    name: "ledger-unchained",
    text: UNCHAINED,
    values: [commitsMax],
  });
  if (rows.length === 0) return [];
  const known = new Map(rows.map(({ first_seq: firstSeq }) => [firstSeq, recent.take(firstSeq)]));
  const read = await readTransfers(
    client,
    [...known.keys()].filter((firstSeq) => known.get(firstSeq) === undefined),
  );
  let position = state.position ?? 0n;
  let previousHash: Uint8Array = state.hash ?? CHAIN_START;
  const commits: LinkedCommit[] = [];
  for (const [firstSeq, written] of known) {
    await nextTick(); // Hashing all of them at once would keep calls and events waiting.
    const transfers = written ?? transfersOf(read, firstSeq);
    position += 1n;
    const hash = chainHash(previousHash, transfers.canonical);
    commits.push({ position, previousHash, hash, firstSeq, transfers });
    previousHash = hash;
  }
  await client.query({
    name: "ledger-link",
    text: LINK,
    values: [
      commits.map((commit) => commit.position),
      commits.map((commit) => commit.firstSeq),
      commits.map((commit) => Buffer.from(commit.previousHash)),
      commits.map((commit) => commit.hash),
    ],
  });
  return commits;
}

/** A commit has transfers: to link one without would hash what never was. */
function transfersOf(read: ReadonlyMap<bigint, Transfer[]>, firstSeq: bigint): EncodedTransfers {
  const transfers = read.get(firstSeq);
  assert(transfers !== undefined, `the transfers of commit ${firstSeq} are there`);
  return encodeTransfers(transfers);
}

async function readTransfers(
  client: pg.PoolClient,
  firstSeqs: readonly bigint[],
): Promise<ReadonlyMap<bigint, Transfer[]>> {
  if (firstSeqs.length === 0) return new Map();
  const { rows } = await client.query<CommittedRow>(TRANSFERS, [firstSeqs]);
  return byCommit(rows);
}

/** The transfers of each commit, in the form in which they are published and hashed. */
function byCommit(rows: readonly CommittedRow[]): Map<bigint, Transfer[]> {
  const commits = new Map<bigint, Transfer[]>();
  for (const row of rows) {
    const commit = commits.get(row.first_seq);
    if (commit === undefined) commits.set(row.first_seq, [transferMessage(row)]);
    else commit.push(transferMessage(row));
  }
  return commits;
}
