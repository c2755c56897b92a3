/*
 * A verdict's states, and those of what follows from it. The README has them as tables, the database keeps them.
 */

export type VerdictState = "appealable" | "due" | "final" | "overturned";

/** Which state may follow which; a test compares it with the database's. */
export const VERDICT_TRANSITIONS: Readonly<Record<VerdictState, readonly VerdictState[]>> = {
  appealable: ["due", "overturned"],
  due: ["final"],
  final: [],
  overturned: [],
};

export type ConsequenceKind = "clawback" | "compensate" | "slash";

/** `refused`: the ledger says that it cannot be, for good: nothing was moved. */
export type ConsequenceState = "due" | "done" | "refused";
