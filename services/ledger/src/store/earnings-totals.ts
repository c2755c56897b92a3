import assert from "node:assert/strict";
import type { Database } from "@flock/database";
import { earningsOf, vestedOf } from "../domain/account-code.js";
import type { LedgerSchema } from "./schema.js";
import { inSnapshot } from "./snapshot.js";
import { unixMs } from "./unix-ms.js";

/** What has become of all that an account ever earned, in µLLAMA: the first is the sum of the last five. */
export interface EarningsTotals {
  readonly earned: bigint;
  /** The part of it that is emission, and no share of a job. */
  readonly emission: bigint;
  readonly clawedBack: bigint;
  readonly vesting: bigint;
  readonly vested: bigint;
  readonly collected: bigint;
  readonly paid: bigint;
}

export interface VestingEpochRow {
  readonly epoch: bigint;
  readonly amount: bigint;
  readonly vests_ms: bigint;
}

interface SidesRow {
  readonly shares: bigint;
  readonly left_earnings: bigint;
  readonly clawed_back: bigint;
  readonly into_vested: bigint;
  readonly left_vested: bigint;
  readonly collected: bigint;
}

/**
 * What went into both accounts and out of them, as their rows say it, and by kind what they do not. Shares of jobs
 * alone go into earnings; into what is vested go these, at the close, and the emission.
 */
const SIDES = `
  WITH earnings AS (SELECT * FROM accounts WHERE code = $1), vested AS (SELECT * FROM accounts WHERE code = $2)
  SELECT coalesce((SELECT posted_credit FROM earnings), 0)::bigint AS shares,
         coalesce((SELECT posted_debit FROM earnings), 0)::bigint AS left_earnings,
         coalesce((SELECT posted_credit FROM vested), 0)::bigint AS into_vested,
         coalesce((SELECT posted_debit FROM vested), 0)::bigint AS left_vested,
         coalesce((SELECT sum(amount) FROM transfers t JOIN earnings e ON t.debit_id = e.id
                    WHERE t.kind = 'clawback'), 0)::bigint AS clawed_back,
         coalesce((SELECT sum(amount) FROM transfers t JOIN vested v ON t.debit_id = v.id
                    WHERE t.kind = 'collect'), 0)::bigint AS collected`;

/**
 * The shares of jobs that were neither clawed back nor vested, by epoch. While an epoch is closing, some accounts have
 * been paid and others have not.
 */
const VESTING = `
  SELECT e.number AS epoch, sum(s.worker_share_micro)::bigint AS amount, ${unixMs("e.closes_at")} AS vests_ms
    FROM epochs e
    JOIN settlements s ON s.epoch = e.number
     AND s.earnings_id = (SELECT id FROM accounts WHERE code = $1)
     AND s.settled_at >= (SELECT min(starts_at) FROM epochs WHERE state IN ('open', 'ended', 'closing'))
   WHERE e.state IN ('open', 'ended', 'closing') AND s.worker_share_micro > 0
     AND NOT EXISTS (SELECT FROM transfers t WHERE t.id = ('vest:' || e.number || ':' || $2) COLLATE "C")
     AND NOT EXISTS (SELECT FROM transfers t WHERE t.id = ('clawback:' || s.job_id) COLLATE "C")
   GROUP BY e.number ORDER BY e.number`;

/** Reads what an account earned and what has become of it, all of one moment. */
export async function readEarningsTotals(
  db: Database<LedgerSchema>,
  workerId: string,
): Promise<{ readonly totals: EarningsTotals; readonly vesting: readonly VestingEpochRow[] }> {
  const [earnings, vested] = [earningsOf(workerId), vestedOf(workerId)];
  return await inSnapshot(db.pool, "read only", async (client) => {
    const { rows } = await client.query<SidesRow>(SIDES, [earnings, vested]);
    const vesting = await client.query<VestingEpochRow>(VESTING, [earnings, workerId]);
    const [sides] = rows;
    assert(sides !== undefined, "a query without a FROM has one row");
    return { totals: totalsOf(sides), vesting: vesting.rows };
  });
}

function totalsOf(sides: SidesRow): EarningsTotals {
  const everVested = sides.left_earnings - sides.clawed_back;
  const emission = sides.into_vested - everVested;
  return {
    earned: sides.shares + emission,
    emission,
    clawedBack: sides.clawed_back,
    vesting: sides.shares - sides.left_earnings,
    vested: sides.into_vested - sides.left_vested,
    collected: sides.collected,
    paid: sides.left_vested - sides.collected,
  };
}
