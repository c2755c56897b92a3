import type { Database } from "@flock/database";
import { CHAIN_START } from "../domain/chain-hash.js";
import type { LedgerSchema } from "./schema.js";

export interface Totals {
  /** Credits − debits of all accounts of each kind, in µLLAMA. */
  readonly totals: { readonly kind: string; readonly postedMicro: bigint }[];
  /** Of the newest link of the hash chain; 0 and zeros before the first. */
  readonly chainPosition: bigint;
  readonly chainHash: Uint8Array;
}

interface TotalsRow {
  readonly kind: string;
  readonly posted: bigint;
  readonly position: bigint | null;
  readonly hash: Buffer | null;
}

/** What the books hold, by kind of account, as of one moment. */
export async function readTotals(db: Database<LedgerSchema>): Promise<Totals> {
  const { rows } = await db.pool.query<TotalsRow>(
    `SELECT b.kind, sum(b.posted_credit - b.posted_debit)::bigint AS posted, l.position, l.hash
       FROM balances b
       LEFT JOIN (SELECT position, hash FROM commit_chain ORDER BY position DESC LIMIT 1) l ON true
      GROUP BY b.kind, l.position, l.hash ORDER BY b.kind`,
  );
  return {
    totals: rows.map(({ kind, posted }) => ({ kind, postedMicro: posted })),
    chainPosition: rows[0]?.position ?? 0n,
    chainHash: rows[0]?.hash ?? CHAIN_START,
  };
}
