import type { Database } from "@flock/database";
import type { Transfer } from "@flock/proto/ledger";
import { sql } from "kysely";
import { type CommittedRow, TRANSFERS_OF } from "./commit-chain.js";
import { transferMessage } from "./recorded-transfer.js";
import type { LedgerSchema } from "./schema.js";

/** The books as of one moment. */
export interface BooksSnapshot {
  /** By account, in µLLAMA; accounts in which nothing ever was are left out. */
  readonly balances: ReadonlyMap<string, { readonly posted: bigint; readonly held: bigint }>;
  /** The last link of the hash chain whose events the stream has confirmed. */
  readonly position: bigint;
  readonly hash: Buffer | undefined;
  /** Transfers that are part of the balances and not published yet. */
  readonly unpublished: readonly Transfer[];
}

interface BalanceRow {
  readonly code: string;
  readonly posted: bigint;
  readonly held: bigint;
}

const UNPUBLISHED = TRANSFERS_OF(`
  SELECT c.first_seq, c.transfer_count
    FROM commits c LEFT JOIN commit_chain l USING (first_seq)
   WHERE NOT c.is_chained OR l.position > (SELECT published FROM publication)`);

/** Reads the books while the ledger goes on. */
export async function readBooks(db: Database<LedgerSchema>): Promise<BooksSnapshot> {
  return await db.kysely
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (dbTx) => {
      const { rows: balances } = await sql<BalanceRow>`
        SELECT code, posted_credit - posted_debit AS posted, pending_debit AS held
          FROM balances WHERE posted_credit + posted_debit + pending_debit > 0`.execute(dbTx);
      const { rows: links } = await sql<{ position: bigint; hash: Buffer }>`
        SELECT position, hash FROM commit_chain WHERE position = (SELECT published FROM publication)`.execute(
        dbTx,
      );
      const { rows: unpublished } = await sql<CommittedRow>`${sql.raw(UNPUBLISHED)}`.execute(dbTx);
      return {
        balances: new Map(balances.map(({ code, posted, held }) => [code, { posted, held }])),
        position: links[0]?.position ?? 0n,
        hash: links[0]?.hash,
        unpublished: unpublished.map(transferMessage),
      };
    });
}
