/*
 * Checks of whole commits: the hash chain, each transfer alone, and the sums. Commits never change. They are read once,
 * in the order of the chain, which is the order in which they became visible, so none is missed.
 */
import { canonicalSql } from "../store/recorded-transfer.js";
import { auditPage, finding, ROWS_PER_PAGE, violation } from "./audit-page.js";

/** Of commits that are in the chain, after position $1, whose link has hash $2. */
const LINKED = `
  SELECT position, first_seq, transfer_count, previous_hash, hash, position::text AS cursor
    FROM (SELECT l.*, c.transfer_count, sum(c.transfer_count) OVER (ORDER BY l.position) AS transfers
            FROM (SELECT * FROM commit_chain WHERE position > $1::bigint ORDER BY position LIMIT ${ROWS_PER_PAGE}) l
            JOIN commits c USING (first_seq)) l
   WHERE transfers - transfer_count < ${ROWS_PER_PAGE}`;

/** Of commits that are not in the chain yet, with first_seq > $1; $2 does not matter. */
const UNLINKED = `
  SELECT NULL::bigint AS position, first_seq, transfer_count, NULL::bytea AS previous_hash, NULL::bytea AS hash,
         first_seq::text AS cursor
    FROM (SELECT first_seq, transfer_count, sum(transfer_count) OVER (ORDER BY first_seq) AS transfers
            FROM (SELECT * FROM commits WHERE NOT is_chained AND first_seq > $1::bigint
                   ORDER BY first_seq LIMIT ${ROWS_PER_PAGE}) c) c
   WHERE transfers - transfer_count < ${ROWS_PER_PAGE}`;

const TRANSFERS = `
  SELECT k.position, k.first_seq, k.transfer_count, k.previous_hash, k.hash,
         t.seq, t.id, t.kind, t.phase, t.debit_id, t.credit_id, t.amount, t.business_id, t.created_at,
         d.code AS debit_code, c.code AS credit_code, d.kind AS debit_kind, c.kind AS credit_kind,
         d.owner = c.owner AS is_same_owner
    FROM page k
    LEFT JOIN LATERAL (
      SELECT * FROM all_transfers t
       WHERE t.row_seq >= k.first_seq AND t.row_seq < k.first_seq + k.transfer_count OFFSET 0) t ON true
    LEFT JOIN accounts d ON d.id = t.debit_id
    LEFT JOIN accounts c ON c.id = t.credit_id`;

/** The hash is computed from the stored transfers, by the rule of src/domain/chain-hash.ts. */
const COUNTED = `
  SELECT position, first_seq, transfer_count, previous_hash, hash, count(seq) AS transfers,
         CASE WHEN hash IS NOT NULL
              THEN sha256(previous_hash || convert_to(coalesce(string_agg(${canonicalSql("t")}, '' ORDER BY seq), ''), 'UTF8'))
          END AS computed_hash
    FROM transfer t GROUP BY position, first_seq, transfer_count, previous_hash, hash`;

const FOLLOWING = `
  SELECT position, previous_hash,
         lag(position, 1, $1::bigint) OVER (ORDER BY position) AS last_position,
         lag(hash, 1, $2::bytea) OVER (ORDER BY position) AS last_hash
    FROM page WHERE position IS NOT NULL`;

const commitPage = (commits: string): string =>
  auditPage(
    [
      `page AS MATERIALIZED (${commits})`,
      `transfer AS MATERIALIZED (${TRANSFERS})`,
      `counted AS MATERIALIZED (${COUNTED})`,
      `following AS MATERIALIZED (${FOLLOWING})`,
    ],
    [
      `${finding("end", { what: "cursor", hash: "hash" })} FROM page ORDER BY position DESC NULLS LAST, first_seq DESC LIMIT 1`,
      `${finding("moved", { number: "m.account_id", debit: "sum(m.debit)", credit: "sum(m.credit)" })}
         FROM transfer t
        CROSS JOIN LATERAL (VALUES (t.debit_id, t.amount, 0), (t.credit_id, 0, t.amount)) m (account_id, debit, credit)
        WHERE t.phase IN ('single', 'post') GROUP BY m.account_id`,
      // One whose epoch cannot be read is missed by that epoch.
      `${finding("vested", { number: "substring(business_id FROM '^[0-9]{1,18}')", credit: "sum(amount)" })}
         FROM transfer WHERE kind = 'vest' GROUP BY substring(business_id FROM '^[0-9]{1,18}')`,
      `${violation("a commit does not have the transfers it counted", "first_seq")}
         FROM counted WHERE transfers <> transfer_count`,
      `${violation("a link of the hash chain does not follow the one before", "position")}
         FROM following WHERE position <> last_position + 1 OR previous_hash <> last_hash`,
      `${violation("the transfers of a commit are not those that were hashed", "'link ' || position")}
         FROM counted WHERE hash <> computed_hash`,
      `${violation("a transfer is between accounts that its kind does not connect", "t.id")}
         FROM (SELECT kind, phase, debit_kind, credit_kind, is_same_owner, min(id) AS id
                 FROM transfer WHERE seq IS NOT NULL GROUP BY kind, phase, debit_kind, credit_kind, is_same_owner) t
        WHERE NOT EXISTS (
          SELECT FROM transfer_shapes s
           WHERE s.kind = t.kind AND s.phase = t.phase AND s.debit_kind = t.debit_kind AND s.credit_kind = t.credit_kind
             AND (NOT s.is_same_owner OR t.is_same_owner))`,
      // The checks of settlements find them by name.
      `${violation("a transfer of a job is not named for it", "id")}
         FROM transfer
        WHERE kind IN ('hold', 'settlement', 'fee', 'clawback') AND id <> kind || ':' || business_id`,
      // Counts: EXISTS would be answered by reading all that are open.
      `${violation("a hold is neither resolved nor open, or both", "t.id")}
         FROM transfer t
        WHERE t.phase = 'pending'
          AND 1 <> (SELECT count(*) FROM transfers r WHERE r.pending_id = t.id)
                 + (SELECT count(*) FROM open_holds h WHERE h.id = t.id)`,
      `${violation("a job was charged and not settled", "t.id")}
         FROM transfer t
        WHERE t.kind IN ('settlement', 'fee') AND NOT EXISTS (SELECT FROM settlements s WHERE s.job_id = t.business_id)`,
    ],
  );

export const LINKED_COMMITS = { name: "audit-linked-commits", text: commitPage(LINKED) };
export const UNLINKED_COMMITS = { name: "audit-unlinked-commits", text: commitPage(UNLINKED) };
