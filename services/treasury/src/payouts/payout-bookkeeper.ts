import { type Part, repeating } from "@flock/mesh";
import { PayoutState } from "@flock/proto/ledger";
import { utcDay } from "../domain/limits.js";
import { isRefusal } from "../ledger.js";
import { advancePayout, markReserved, type PayoutRecord, payoutsIn, refusePayout } from "../store/payouts.js";
import { halt, type Treasury } from "../treasury.js";

const PAYOUTS_PER_ROUND = 256;
const INTERVAL_MS = 200;

/**
 * Keeps the ledger in step with the payouts: reserves what is requested, posts what is paid, gives back what cannot be
 * paid. Each is one idempotent call and then one conditional change of state, so a crash between the two repeats the
 * call.
 */
export function payoutBookkeeper(treasury: Treasury): Part {
  const { logger } = treasury;
  return repeating({ name: "payout bookkeeper", logger, intervalMs: INTERVAL_MS }, () =>
    keepPayoutBooks(treasury),
  );
}

/** One round. True: there is more to do. */
export async function keepPayoutBooks(treasury: Treasury): Promise<boolean> {
  let hasMore = false;
  for (const [state, step] of STEPS) {
    const payouts = await payoutsIn(treasury.db.kysely, state, PAYOUTS_PER_ROUND);
    const settled = await Promise.allSettled(payouts.map((payout) => step(treasury, payout)));
    const failed = settled.find((result) => result.status === "rejected");
    // What went well is done; the rest is tried again after a pause.
    if (failed !== undefined) throw failed.reason;
    hasMore ||= payouts.length === PAYOUTS_PER_ROUND;
  }
  return hasMore;
}

const STEPS = [
  ["requested", reserve],
  ["paid", post],
  ["rejected", giveBack],
] as const;

/**
 * `requested` → `reserved` or `refused`. Throws when the ledger cannot be asked: the outcome is unknown then, and the
 * payout stays requested.
 */
export async function reserve(treasury: Treasury, payout: PayoutRecord): Promise<void> {
  const { db, ledger, clock, metrics } = treasury;
  let state: PayoutState;
  try {
    state = await ledger.reservePayout(payout.id, payout.ledgerAccount, payout.amount);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (await refusePayout(db.kysely, payout.id, error)) metrics.payout("refused");
    return;
  }
  if (state === PayoutState.RESERVED) {
    if (await markReserved(db.kysely, payout, utcDay(clock.unixMs()))) metrics.payout("reserved");
    return;
  }
  // The ledger remembers more than we do: our database is older than the books.
  const before = state === PayoutState.POSTED ? "posted" : "void";
  if (state === PayoutState.POSTED)
    await halt(treasury, "ledger", `payout ${payout.id} is requested here and posted in the ledger`);
  const message = `the payout is ${before} in the ledger`;
  if (await refusePayout(db.kysely, payout.id, { code: "failed_precondition", message }))
    metrics.payout("refused");
}

async function post(treasury: Treasury, payout: PayoutRecord): Promise<void> {
  try {
    await treasury.ledger.postPayout(payout.id, payout.signature);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return await halt(treasury, "ledger", `the ledger refuses to post payout ${payout.id}: ${error.message}`);
  }
  if (await advancePayout(treasury.db.kysely, payout.id, "paid", "posted")) treasury.metrics.payout("posted");
}

async function giveBack(treasury: Treasury, payout: PayoutRecord): Promise<void> {
  try {
    await treasury.ledger.voidPayout(payout.id);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return await halt(treasury, "ledger", `the ledger refuses to void payout ${payout.id}: ${error.message}`);
  }
  if (await advancePayout(treasury.db.kysely, payout.id, "rejected", "voided"))
    treasury.metrics.payout("voided");
}
