import { type Standing, StandingState } from "@flock/proto/verifier";

/** States as clients are told them. */
const STATES: ReadonlyMap<StandingState, ToldState> = new Map([
  [StandingState.PROBATION, "probation"],
  [StandingState.PROVEN, "proven"],
  [StandingState.WATCHED, "watched"],
  [StandingState.QUARANTINED, "quarantined"],
  [StandingState.CONVICTED, "convicted"],
]);

/** `unknown`: one of a later version. */
export const TOLD_STATES = ["probation", "proven", "watched", "quarantined", "convicted", "unknown"] as const;
export type ToldState = (typeof TOLD_STATES)[number];

/** What checks of a worker's answers have shown, as its owner is told. */
export interface ToldStanding {
  readonly state: ToldState;
  /** Undefined: nothing was checked yet. */
  readonly sinceUnixMs: number | undefined;
  /** One sentence; empty: none. */
  readonly reason: string;
  /** Jobs of it that were checked, ever. */
  readonly checkedJobs: number;
}

/** A worker of which the verifier has said nothing is on probation, like one of which it has said so. */
export function toldStanding(standing: Standing | undefined): ToldStanding {
  if (standing === undefined)
    return { state: "probation", sinceUnixMs: undefined, reason: "", checkedJobs: 0 };
  const { state, sinceUnixMs, reason, checkedJobs } = standing;
  return {
    state: STATES.get(state) ?? "unknown",
    sinceUnixMs: sinceUnixMs || undefined,
    reason,
    checkedJobs,
  };
}
