import type { StandingName } from "@flock/evidence";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { VERIFIER } from "@flock/proto/verifier";
import { CELLS_MAX } from "../calibration.js";
import { isOver } from "../domain/day.js";
import { allCells } from "../store/cells.js";
import { countsUntil, dayKeys } from "../store/days.js";
import { standingState, workersByStanding } from "../store/workers.js";
import type { Verifier } from "../verifier.js";
import { wireCell } from "./wire.js";

const DAYS_TOLD = 30;
const IN_ORDER: readonly StandingName[] = ["probation", "proven", "watched", "quarantined", "convicted"];

/** `svc.verifier.summary`. */
export function summaryMethod({ db, clock, rules }: Verifier): ServedMethod {
  return method(VERIFIER.summary, async () => {
    const unixMs = clock.unixMs();
    const [counts, workers, cells, days] = await Promise.all([
      countsUntil(db.kysely, unixMs),
      workersByStanding(db.kysely),
      allCells(db.kysely, CELLS_MAX),
      dayKeys(db.kysely, DAYS_TOLD),
    ]);
    return {
      version: PROTOCOL_VERSION,
      jobsSeen: counts.jobsSeen,
      jobsDrawn: counts.jobsDrawn,
      jobsChecked: counts.same + counts.different + counts.undetermined,
      same: counts.same,
      different: counts.different,
      undetermined: counts.undetermined,
      states: IN_ORDER.map((name) => ({ state: standingState(name), workers: workers.get(name) ?? 0 })),
      cells: cells.map(wireCell),
      drawDays: days.map(({ day, key, keySha256 }) => ({
        day,
        keySha256,
        key: isOver(day, unixMs) ? key : new Uint8Array(),
      })),
      checkTokens: counts.checkTokens,
      jobTokens: counts.jobTokens,
      floorBps: rules().ladder.floorBps,
    };
  });
}
