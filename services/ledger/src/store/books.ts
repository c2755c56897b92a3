/**
 * Checks of the books: the invariants of ARCHITECTURE.md, "Money". Each check is a query for what breaks it, so every
 * row is a violation, in words.
 */
import type { Database } from "@flock/database";
import { formatLlama, microLlama, TOTAL_SUPPLY } from "@flock/money";
import { sql, type Transaction } from "kysely";
import type { LedgerSchema } from "./schema.js";
import { verifyChain } from "./verify-chain.js";

export interface BooksOptions {
  /**
   * A hold may be open this long after its timeout, until the loop that expires them has come round. Default 10 000.
   */
  readonly overdueMsMax?: number;
}

/** Cheap in any ledger: its cost is that of the accounts, the open holds and the changes not yet folded. */
const BALANCE_CHECKS = {
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
};

/** Exact and complete: reads every transfer. */
const TRANSFER_CHECKS = {
  "a stored balance is not what the transfers add up to": `
    SELECT b.code AS what FROM balances b
      FULL JOIN (SELECT m.account_id, sum(m.debit) AS debit, sum(m.credit) AS credit
                   FROM all_transfers t
                  CROSS JOIN LATERAL (VALUES (t.debit_id, t.amount, 0), (t.credit_id, 0, t.amount)) m (account_id, debit, credit)
                  WHERE t.phase IN ('single', 'post') GROUP BY m.account_id) m ON m.account_id = b.id
     WHERE b.id IS NULL OR b.posted_debit <> coalesce(m.debit, 0) OR b.posted_credit <> coalesce(m.credit, 0)`,
  "a hold is neither resolved nor open, or both": `
    SELECT coalesce(p.id, h.id) AS what
      FROM (SELECT t.id FROM transfers t LEFT JOIN transfers r ON r.pending_id = t.id
             WHERE t.phase = 'pending' AND r.id IS NULL) p
      FULL JOIN open_holds h ON h.id = p.id WHERE p.id IS NULL OR h.id IS NULL`,
  "a job was charged more than was held, or without a hold": `
    SELECT s.business_id AS what
      FROM (SELECT business_id, sum(amount) AS charged FROM all_transfers WHERE kind IN ('settlement', 'fee') GROUP BY business_id) s
      FULL JOIN (SELECT business_id, amount FROM transfers WHERE kind = 'hold') h ON h.business_id = s.business_id
     WHERE s.charged > coalesce(h.amount, 0)`,
  "a settlement and its transfers differ": `
    SELECT coalesce(s.job_id, t.business_id) AS what
      FROM settlements s
      FULL JOIN (SELECT business_id,
                        coalesce(sum(amount) FILTER (WHERE kind = 'settlement'), 0) AS worker_share,
                        coalesce(sum(amount) FILTER (WHERE kind = 'fee'), 0) AS protocol_share
                   FROM all_transfers WHERE kind IN ('settlement', 'fee') GROUP BY business_id) t
        ON t.business_id = s.job_id
     WHERE s.job_id IS NULL
        OR s.worker_share_micro <> coalesce(t.worker_share, 0)
        OR s.protocol_share_micro <> coalesce(t.protocol_share, 0)`,
  "a transfer is between accounts that its kind does not connect": `
    SELECT t.id AS what
      FROM (SELECT kind, phase, debit_id, credit_id, min(id) AS id FROM all_transfers GROUP BY kind, phase, debit_id, credit_id) t
      JOIN accounts d ON d.id = t.debit_id
      JOIN accounts c ON c.id = t.credit_id
     WHERE NOT EXISTS (
       SELECT FROM transfer_shapes s
        WHERE s.kind = t.kind AND s.phase = t.phase AND s.debit_kind = d.kind AND s.credit_kind = c.kind
          AND (NOT s.is_same_owner OR d.owner = c.owner))`,
  "a stake's last noted balance is not its balance": `
    SELECT a.code AS what
      FROM accounts a
      LEFT JOIN LATERAL (
        SELECT latest FROM stake_lows l WHERE l.account_id = a.id ORDER BY epoch DESC LIMIT 1) l ON true
     WHERE a.kind = 'stake' AND a.posted_credit - a.posted_debit <> coalesce(l.latest, 0)`,
  "a closed epoch did not vest what its jobs earned": `
    SELECT e.number::text AS what
      FROM epochs e
      LEFT JOIN (SELECT s.epoch, sum(s.worker_share_micro) AS earned, sum(c.amount) AS clawed_back
                   FROM settlements s LEFT JOIN transfers c ON c.id = 'clawback:' || s.job_id
                  GROUP BY s.epoch) s ON s.epoch = e.number
      LEFT JOIN (SELECT split_part(business_id, ':', 1)::bigint AS epoch, sum(amount) AS vested
                   FROM transfers WHERE kind = 'vest' GROUP BY 1) v ON v.epoch = e.number
     WHERE e.state >= 'closed'
       AND coalesce(s.earned, 0) <> coalesce(s.clawed_back, 0) + coalesce(v.vested, 0)`,
  "a link of the hash chain does not follow the one before": `
    SELECT n.position::text AS what
      FROM commit_chain n LEFT JOIN commit_chain p ON p.position = n.position - 1
     WHERE n.position > 1 AND (p.hash IS NULL OR p.hash <> n.previous_hash)`,
  "a commit does not have the transfers it counted": `
    SELECT c.first_seq::text AS what
      FROM commits c
     CROSS JOIN LATERAL (
       SELECT count(*) AS n FROM all_transfers t
        WHERE t.row_seq >= c.first_seq AND t.row_seq < c.first_seq + c.transfer_count) t
     WHERE t.n <> c.transfer_count`,
  "transfers belong to no commit": `
    SELECT (t.n - c.n)::text AS what
      FROM (SELECT count(*) AS n FROM all_transfers) t, (SELECT coalesce(sum(transfer_count), 0) AS n FROM commits) c
     WHERE t.n <> c.n`,
};

const VIOLATIONS_MAX = 20;

/** The cheap checks; what is wrong, in words, empty if nothing. */
export function checkBalances(db: Database<LedgerSchema>, options: BooksOptions = {}): Promise<string[]> {
  return inSnapshot(db, (dbTx) => violations(dbTx, BALANCE_CHECKS, options));
}

/** Every check, over all transfers ever made; what is wrong, in words, empty if nothing. */
export async function verifyBooks(db: Database<LedgerSchema>, options: BooksOptions = {}): Promise<string[]> {
  const found = await inSnapshot(db, async (dbTx) => {
    const found = await violations(dbTx, { ...BALANCE_CHECKS, ...TRANSFER_CHECKS }, options);
    const supply = await dbTx
      .selectFrom("balances")
      .select("posted_debit")
      .where("code", "=", "supply:root")
      .executeTakeFirst();
    if (supply?.posted_debit !== TOTAL_SUPPLY) {
      const supplied = formatLlama(microLlama(TOTAL_SUPPLY));
      found.push(
        `${supply?.posted_debit ?? "nothing"} µLLAMA came from the supply root, not ${supplied} LLAMA`,
      );
    }
    return found;
  });
  // Links are only ever added, so the chain needs no snapshot.
  return [...found, ...(await verifyChain(db.pool))];
}

/** All checks see the same moment, while the ledger goes on. */
function inSnapshot<R>(
  db: Database<LedgerSchema>,
  work: (dbTx: Transaction<LedgerSchema>) => Promise<R>,
): Promise<R> {
  return db.kysely
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(work);
}

async function violations(
  dbTx: Transaction<LedgerSchema>,
  checks: Readonly<Record<string, string>>,
  options: BooksOptions,
): Promise<string[]> {
  const found: string[] = [];
  for (const [rule, query] of Object.entries(checks)) {
    const { rows } = await sql<{ what: string }>`${sql.raw(query)} LIMIT ${VIOLATIONS_MAX}`.execute(dbTx);
    found.push(...rows.map(({ what }) => `${rule}: ${what}`));
  }
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM open_holds
     WHERE timeout_at < now() - ${options.overdueMsMax ?? 10_000} * interval '1 millisecond'
     LIMIT ${VIOLATIONS_MAX}`.execute(dbTx);
  return [...found, ...rows.map(({ id }) => `a hold is open past its time: ${id}`)];
}
