import { NoJobReason } from "@flock/proto/router";
import { WorkerState } from "@flock/proto/workers";

/** What decides in one second why a free slot of a worker got no job. */
export interface WorkerMoment {
  readonly isBanned: boolean;
  readonly isConvicted: boolean;
  readonly isCutOff: boolean;
  readonly isQuarantined: boolean;
  readonly state: WorkerState;
  /** Those that it has announced, without what it runs and what is reserved. */
  readonly freeSlots: number;
  /** It has a model as the catalogue pins it. */
  readonly isAdmitted: boolean;
  /** Its breaker is open, or it was reported lost and not heard since. */
  readonly isHeldOff: boolean;
  /** A job of one of its models waits, or has gone to another worker in this second. */
  readonly hasDemand: boolean;
  /** By what it has done so far it may have a further job now. */
  readonly mayHaveMore: boolean;
}

interface Rule {
  readonly reason: NoJobReason;
  holds(moment: WorkerMoment): boolean;
}

/** The first that holds is the reason. What somebody has decided comes before what the worker is, that before luck. */
const RULES: readonly Rule[] = [
  { reason: NoJobReason.BANNED, holds: ({ isBanned }) => isBanned },
  { reason: NoJobReason.CONVICTED, holds: ({ isConvicted }) => isConvicted },
  { reason: NoJobReason.CUT_OFF, holds: ({ isCutOff }) => isCutOff },
  { reason: NoJobReason.QUARANTINED, holds: ({ isQuarantined }) => isQuarantined },
  { reason: NoJobReason.DRAINING, holds: ({ state }) => state === WorkerState.DRAINING },
  { reason: NoJobReason.PAUSED, holds: ({ state }) => state === WorkerState.PAUSED },
  { reason: NoJobReason.NOT_ADMITTED, holds: ({ isAdmitted }) => !isAdmitted },
  { reason: NoJobReason.BREAKER_OPEN, holds: ({ isHeldOff }) => isHeldOff },
  { reason: NoJobReason.NO_DEMAND, holds: ({ hasDemand }) => !hasDemand },
  { reason: NoJobReason.UNTRIED, holds: ({ mayHaveMore }) => !mayHaveMore },
  { reason: NoJobReason.OTHERS_FIRST, holds: () => true },
];

/** Why a free slot of the worker got no job; undefined: none is free. */
export function whyNoJob(moment: WorkerMoment): NoJobReason | undefined {
  if (moment.freeSlots <= 0) return undefined;
  return RULES.find((rule) => rule.holds(moment))?.reason;
}

/** A reason's name as metrics show it. */
export function reasonName(reason: NoJobReason): string {
  return (NoJobReason[reason] ?? "unknown").toLowerCase();
}
