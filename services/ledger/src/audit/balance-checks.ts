import type { Database } from "@flock/database";
import type pg from "pg";
import type { LedgerSchema } from "../store/schema.js";
import { inSnapshot } from "../store/snapshot.js";
import { PER_RULE_MAX, Violations } from "./violations.js";

export interface BooksOptions {
  /**
   * A hold may be open this long after its timeout, until the loop that expires them has come round. Default 10 000.
   */
  readonly overdueMsMax?: number;
}

/**
 * Each check is a query for what breaks it. Cheap in any ledger: their cost is that of the accounts, the open holds and
 * the changes not yet folded.
 */
const CHECKS = {
  "the sum of all balances is not zero":
    "SELECT sum(posted_credit - posted_debit)::text AS what FROM balances HAVING sum(posted_credit - posted_debit) <> 0",
  "an account is below zero": `
    SELECT code AS what FROM balances WHERE NOT may_be_negative AND posted_credit - posted_debit - pending_debit < 0`,
  "what is in cooldown is not the sum of its cooldowns": `
    SELECT a.code AS what FROM accounts a
      LEFT JOIN (SELECT cooling_id, sum(remaining) AS cooling FROM cooldowns GROUP BY cooling_id) c ON c.cooling_id = a.id
     WHERE a.kind = 'cooling' AND a.posted_credit - a.posted_debit <> coalesce(c.cooling, 0)`,
  "what an account has on hold is not the sum of its open holds": `
    SELECT a.code AS what FROM accounts a
      LEFT JOIN (SELECT debit_id, sum(amount) AS held FROM open_holds GROUP BY debit_id) h ON h.debit_id = a.id
     WHERE NOT a.is_folded AND a.pending_debit <> coalesce(h.held, 0)`,
  "a hold is open that was never made": `
    SELECT h.id AS what FROM open_holds h
     WHERE NOT EXISTS (SELECT FROM transfers t WHERE t.id = h.id AND t.phase = 'pending' AND t.amount = h.amount)`,
  "a stake's last noted balance is not its balance": `
    SELECT a.code AS what
      FROM accounts a
      LEFT JOIN LATERAL (
        SELECT latest FROM stake_lows l WHERE l.account_id = a.id ORDER BY epoch DESC LIMIT 1) l ON true
     WHERE a.kind = 'stake' AND a.posted_credit - a.posted_debit <> coalesce(l.latest, 0)`,
};

/** What is wrong with the balances among themselves, in words; empty if nothing. */
export async function checkBalances(
  db: Database<LedgerSchema>,
  options: BooksOptions = {},
): Promise<readonly string[]> {
  const violations = new Violations();
  await inSnapshot(db.pool, "read only", (client) => runBalanceChecks(client, violations, options));
  return violations.found;
}

/** The checks of {@link checkBalances}, in a transaction that others have begun. */
export async function runBalanceChecks(
  client: Pick<pg.PoolClient, "query">,
  violations: Violations,
  { overdueMsMax = 10_000 }: BooksOptions,
): Promise<void> {
  // They read whole tables, which the connections of the ledger are told to avoid.
  await client.query(
    "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on",
  );
  for (const [rule, query] of Object.entries(CHECKS)) {
    const { rows } = await client.query<{ what: string }>(`${query} LIMIT ${PER_RULE_MAX}`);
    for (const { what } of rows) violations.add(rule, what);
  }
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM open_holds WHERE timeout_at < now() - $1 * interval '1 millisecond' LIMIT ${PER_RULE_MAX}`,
    [overdueMsMax],
  );
  for (const { id } of rows) violations.add("a hold is open past its time", id);
}
