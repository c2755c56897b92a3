import type { Database } from "@flock/database";
import type { Mesh } from "@flock/mesh";
import { Replay } from "../domain/replay.js";
import { type BooksSnapshot, readBooks } from "../store/books-snapshot.js";
import type { LedgerSchema } from "../store/schema.js";
import { readEvents } from "./read-events.js";

/** What came of a replay. */
export interface ReplayReport {
  /** Up to this link of the hash chain the events were replayed. */
  readonly position: bigint;
  readonly transfers: number;
  /** What is wrong, in words; empty: the events rebuild the books exactly. */
  readonly faults: readonly string[];
}

const FAULTS_MAX = 50;

/**
 * Rebuilds the books from the events on the stream, from the first on, and compares them with the database
 * (invariant 4). The ledger may be running: compared is a snapshot, with what of it is not published yet.
 * @throws FlockError `failed_precondition` when the stream no longer has the first events (they are in an archive).
 */
export async function replayBooks(db: Database<LedgerSchema>, mesh: Mesh): Promise<ReplayReport> {
  const books = await readBooks(db);
  const replay = new Replay();
  await readEvents(mesh, replay, books.position);
  const faults = [...replay.faults];
  if (replay.position < books.position)
    faults.push(`the events end at link ${replay.position} of ${books.position}`);
  else if (books.hash !== undefined && !books.hash.equals(replay.hash))
    faults.push(`link ${books.position} has another hash on the stream than in the database`);
  replay.applyUnchained(books.unpublished);
  faults.push(...differences(replay, books));
  const { position, transfers } = replay;
  return { position, transfers, faults: faults.slice(0, FAULTS_MAX) };
}

function differences(replay: Replay, books: BooksSnapshot): string[] {
  const found: string[] = [];
  const accounts = new Set([...replay.balances.keys(), ...books.balances.keys()]);
  for (const account of accounts) {
    const [is, shouldBe] = [books.balances.get(account), replay.balances.get(account)];
    const [posted, held] = [is?.posted ?? 0n, is?.held ?? 0n];
    if (posted !== (shouldBe?.posted ?? 0n) || held !== (shouldBe?.held ?? 0n))
      found.push(
        `${account} is ${posted} with ${held} on hold in the database, ${shouldBe?.posted ?? 0n} with ${shouldBe?.held ?? 0n} by the events`,
      );
  }
  return found;
}
