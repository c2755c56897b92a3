import { CheckState, StandingState, VerdictKind, VerdictState } from "@flock/proto/verifier";

/* What the verifier's numbers are called outside. */

export const STANDINGS = {
  [StandingState.PROBATION]: "probation",
  [StandingState.PROVEN]: "proven",
  [StandingState.WATCHED]: "watched",
  [StandingState.QUARANTINED]: "quarantined",
  [StandingState.CONVICTED]: "convicted",
} as const;

export const VERDICT_KINDS = {
  [VerdictKind.QUARANTINE]: "quarantine",
  [VerdictKind.RELEASE]: "release",
  [VerdictKind.CONVICTION]: "conviction",
} as const;

export const VERDICT_STATES = {
  [VerdictState.FINAL]: "final",
  [VerdictState.APPEALABLE]: "appealable",
  [VerdictState.DUE]: "due",
  [VerdictState.OVERTURNED]: "overturned",
} as const;

const CHECKED = {
  [CheckState.OPEN]: "open",
  [CheckState.SAME]: "same",
  [CheckState.DIFFERENT]: "different",
  [CheckState.UNDETERMINED]: "undetermined",
} as const;

/** How a job was checked. `opted_out`: its client wanted no check. */
export const CHECKS = ["not_drawn", ...Object.values(CHECKED), "opted_out"] as const;
export type Check = (typeof CHECKS)[number];

export function checkOf(state: CheckState): Check | undefined {
  const words: Readonly<Partial<Record<CheckState, Check>>> = CHECKED;
  return words[state];
}

/** The word for a number; `unknown` for one of a later version. */
export function wordOf(words: Readonly<Record<number, string>>, value: number): string {
  return words[value] ?? "unknown";
}
