import { FlockError } from "@flock/errors";
import { drawRateBps } from "@flock/evidence";
import { method, type ServedMethod } from "@flock/mesh";
import { isSubjectToken, PROTOCOL_VERSION } from "@flock/proto";
import { VERIFIER } from "@flock/proto/verifier";
import { checkedCells } from "../calibration.js";
import { storeCells } from "../store/cells.js";
import { checksOf } from "../store/checks.js";
import { standingOf, workersById } from "../store/workers.js";
import type { Verifier } from "../verifier.js";
import { checkState } from "./wire.js";

const IDS_MAX = 200;
const FULL_BPS = 10_000;

/** How jobs were checked, what is thought of workers, and by what calibration. */
export function standingMethods({ db, clock, rules, logger }: Verifier): readonly ServedMethod[] {
  return [
    method(VERIFIER.checks, async ({ jobIds }) => {
      const rows = await checksOf(db.kysely, checkedIds(jobIds, "job_ids"));
      const checks = rows.map(({ job_id, state, drawn_at, decided_at }) => ({
        jobId: job_id,
        state: checkState(state),
        atUnixMs: (decided_at ?? drawn_at).getTime(),
      }));
      return { version: PROTOCOL_VERSION, checks };
    }),
    method(VERIFIER.standings, async ({ workerIds }) => {
      const rows = await workersById(db.kysely, checkedIds(workerIds, "worker_ids"));
      const standings = rows.map((row) => ({
        workerId: row.worker_id,
        standing: standingOf(row),
        rateBps:
          (row.odd_until?.getTime() ?? 0) > clock.unixMs()
            ? FULL_BPS
            : drawRateBps(row.ladder, rules().ladder),
        same: row.ladder.same,
        different: row.ladder.different,
        undetermined: row.ladder.undetermined,
      }));
      return { version: PROTOCOL_VERSION, standings };
    }),
    method(VERIFIER.loadCalibration, async ({ cells: told }) => {
      const cells = checkedCells(
        // The bound follows from the counts: what a caller says of it is not asked.
        told.map(({ mismatches, mismatchPpm: _bound, ...cell }) => ({ ...cell, misses: mismatches })),
      );
      await storeCells(db.kysely, cells);
      logger.info({ cells: cells.length }, "calibration loaded");
      return { version: PROTOCOL_VERSION, loaded: cells.length };
    }),
  ];
}

function checkedIds(ids: readonly string[], name: string): readonly string[] {
  if (ids.length > IDS_MAX || !ids.every(isSubjectToken))
    throw new FlockError("invalid_argument", `${name} must be at most ${IDS_MAX} ids`);
  return ids;
}
