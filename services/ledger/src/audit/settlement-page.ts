/* Checks of settlements against the transfers of their jobs, in the order of job ids, after $1. */
import { auditPage, finding, ROWS_PER_PAGE, violation } from "./audit-page.js";

const JOBS = `
  SELECT s.job_id, s.epoch, s.worker_share_micro, s.protocol_share_micro,
         coalesce(t.amount, 0) AS worker_share, coalesce(t.fee, 0) + coalesce(f.amount, 0) AS protocol_share,
         coalesce(h.amount, 0) AS held, coalesce(c.amount, 0) AS clawed_back
    FROM page s
    LEFT JOIN transfers t ON t.id = 'settlement:' || s.job_id
    LEFT JOIN transfers f ON f.id = 'fee:' || s.job_id
    LEFT JOIN transfers h ON h.id = 'hold:' || s.job_id
    LEFT JOIN transfers c ON c.id = 'clawback:' || s.job_id`;

export const SETTLEMENTS = {
  name: "audit-settlements",
  text: auditPage(
    [
      `page AS MATERIALIZED (
         SELECT * FROM settlements WHERE job_id > $1 ORDER BY job_id LIMIT ${ROWS_PER_PAGE})`,
      `job AS MATERIALIZED (${JOBS})`,
    ],
    [
      `${finding("end", { what: "max(job_id)" })} FROM page HAVING count(*) > 0`,
      `${finding("earned", { number: "epoch", credit: "sum(worker_share_micro - clawed_back)" })} FROM job GROUP BY epoch`,
      `${violation("a settlement and its transfers differ", "job_id")}
         FROM job WHERE worker_share_micro <> worker_share OR protocol_share_micro <> protocol_share`,
      `${violation("a job was charged more than was held, or without a hold", "job_id")}
         FROM job WHERE worker_share + protocol_share > held`,
    ],
  ),
};
