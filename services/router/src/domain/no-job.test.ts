import { NoJobReason } from "@flock/proto/router";
import { WorkerState } from "@flock/proto/workers";
import { reasonName, type WorkerMoment, whyNoJob } from "./no-job.js";

/** One with a free slot, which would have got the next job. */
const NEXT: WorkerMoment = {
  isBanned: false,
  isConvicted: false,
  isCutOff: false,
  isQuarantined: false,
  state: WorkerState.READY,
  freeSlots: 1,
  isAdmitted: true,
  isHeldOff: false,
  hasDemand: true,
  mayHaveMore: true,
};

/** What makes each reason hold, in the order in which they do. */
const CAUSES: readonly [NoJobReason, Partial<WorkerMoment>][] = [
  [NoJobReason.BANNED, { isBanned: true }],
  [NoJobReason.CONVICTED, { isConvicted: true }],
  [NoJobReason.CUT_OFF, { isCutOff: true }],
  [NoJobReason.QUARANTINED, { isQuarantined: true }],
  [NoJobReason.DRAINING, { state: WorkerState.DRAINING }],
  [NoJobReason.PAUSED, { state: WorkerState.PAUSED }],
  [NoJobReason.NOT_ADMITTED, { isAdmitted: false }],
  [NoJobReason.BREAKER_OPEN, { isHeldOff: true }],
  [NoJobReason.NO_DEMAND, { hasDemand: false }],
  [NoJobReason.UNTRIED, { mayHaveMore: false }],
  [NoJobReason.OTHERS_FIRST, {}],
];

describe("why a free slot got no job", () => {
  it.each(CAUSES)("is %s by its cause alone", (reason, cause) => {
    expect(whyNoJob({ ...NEXT, ...cause })).toBe(reason);
  });

  it("is the first in the table of all that hold", () => {
    for (const [index, [reason]] of CAUSES.entries()) {
      // Its own last: of states there is one.
      const causes = CAUSES.slice(index).reverse();
      const moment: WorkerMoment = Object.assign({ ...NEXT }, ...causes.map(([, cause]) => cause));
      expect([reasonName(reason), whyNoJob(moment)]).toEqual([reasonName(reason), reason]);
    }
  });

  it("is nothing where no slot is free, whatever else holds", () => {
    for (const [, cause] of CAUSES) expect(whyNoJob({ ...NEXT, ...cause, freeSlots: 0 })).toBeUndefined();
  });

  it("has every reason that can be told in its table", () => {
    const known = Object.values(NoJobReason).filter((value) => typeof value === "number" && value > 0);
    expect(new Set(CAUSES.map(([reason]) => reason))).toEqual(new Set(known));
  });
});
