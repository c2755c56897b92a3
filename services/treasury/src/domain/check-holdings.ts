/*
 * The first half of invariant 3: the balance of the token account at a finalized slot is the sum of all recorded
 * changes up to that slot. Where it is not, a change is missing from the record, or something is wrong. Which of the
 * two, depends on what can still be unseen:
 *
 *   −(our batches that a list shows and nobody tells more of yet) ≤ balance − record ≤ (what may have come in unseen)
 *
 * - Less than the record (a deficit): LLAMA has left. Only our batches may take any out, we know what each of them
 *   takes, and the watcher finds them by their signatures without any list. So nothing but such a batch excuses a
 *   deficit, however much of the chain cannot be seen: an alarm about a theft never waits for an endpoint.
 * - More than the record (a surplus): LLAMA has come in. Anybody may send any amount at any time, and it is believed
 *   only when enough endpoints tell the same of it. So as long as a list is not known to reach the slot of the balance,
 *   or has shown what cannot be believed yet, the right side has no bound. Nothing is lost meanwhile: what came in
 *   cannot be paid out before it is on record. When every list reaches that slot and all they show is on record, the
 *   right side is 0, and a surplus is as wrong as a deficit: a payout that is on record and was never made leaves one.
 *
 * What is unseen adds up, so a theft smaller than a deposit that is unseen at the same time looks like a surplus: until
 * the deposit is on record.
 */
export interface HoldingsView {
  /** Balance at a slot, less the recorded changes up to that slot; in base units. */
  readonly difference: bigint;
  /** Whether a transaction up to that slot that is not on record, and is none of our batches, may exist. */
  readonly mayBringIn: boolean;
  /** What our batches that are listed and not on record would take. Not negative. */
  readonly takenUnseen: bigint;
}

/** `waiting`: what is unseen can explain it. `unexplained`: nothing can. */
export type HoldingsFinding = "equal" | "waiting" | "unexplained";

export function checkHoldings({ difference, mayBringIn, takenUnseen }: HoldingsView): HoldingsFinding {
  if (difference === 0n) return "equal";
  const isPossible = difference > 0n ? mayBringIn : -difference <= takenUnseen;
  return isPossible ? "waiting" : "unexplained";
}
