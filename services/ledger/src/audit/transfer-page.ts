/*
 * Checks that every stored transfer is part of a commit, and every commit of the chain if it says so: what is neither
 * is not read with the commits. In the order of sequence numbers, after $1.
 */
import { auditPage, finding, ROWS_PER_PAGE, violation } from "./audit-page.js";

export const TRANSFERS = {
  name: "audit-transfers",
  text: auditPage(
    [
      `page AS MATERIALIZED (
         SELECT t.seq, t.id, c.first_seq, c.is_chained
           FROM (SELECT seq, id FROM transfers WHERE seq > $1::bigint ORDER BY seq LIMIT ${ROWS_PER_PAGE}) t
           LEFT JOIN LATERAL (
             SELECT * FROM commits c WHERE c.first_seq <= t.seq ORDER BY c.first_seq DESC LIMIT 1) c
             ON t.seq < c.first_seq + c.transfer_count)`,
    ],
    [
      `${finding("end", { what: "max(seq)" })} FROM page HAVING count(*) > 0`,
      `${violation("a transfer belongs to no commit", "id")} FROM page WHERE first_seq IS NULL`,
      `${violation("a commit is missing from the hash chain", "first_seq")}
         FROM (SELECT DISTINCT first_seq FROM page WHERE is_chained) c
        WHERE NOT EXISTS (SELECT FROM commit_chain l WHERE l.first_seq = c.first_seq)`,
    ],
  ),
};
