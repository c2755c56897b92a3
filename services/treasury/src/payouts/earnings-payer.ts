import { createHash } from "node:crypto";
import { type Part, repeating } from "@flock/mesh";
import { minMicro } from "@flock/money";
import { advanceEarningsRound, earningsRound } from "../store/epochs.js";
import { recordPayout } from "../store/payouts.js";
import { type Treasury, whyStopped } from "../treasury.js";
import { inspectRecipients } from "./recipient-inspection.js";

const INTERVAL_MS = 5_000;

/**
 * After each epoch closes, pays every worker whose vested earnings have passed the threshold: one pass over the
 * ledger's payable accounts per epoch, resumed where it was interrupted, at most one payout per worker and epoch. A
 * worker that cannot be paid is left out before anything is reserved; its earnings stay vested, to be collected or paid
 * later.
 */
export function earningsPayer(treasury: Treasury): Part {
  const { logger } = treasury;
  return repeating({ name: "earnings payer", logger, intervalMs: INTERVAL_MS }, () => payEarnings(treasury));
}

/** One page. True: there is another one. */
export async function payEarnings(treasury: Treasury): Promise<boolean> {
  const { db, ledger, limits, logger, network } = treasury;
  if ((await whyStopped(treasury)) !== undefined) return false;
  const epoch = await ledger.newestClosedEpoch();
  if (epoch === undefined) return false;
  const round = await earningsRound(db.kysely, epoch);
  if (round === undefined) return false;
  const { payoutThreshold, payoutMax } = limits();
  const { accounts, nextCursor } = await ledger.payable(payoutThreshold, round.cursor);
  const findings = await inspectRecipients(
    treasury,
    accounts.map(({ workerId }) => workerId),
  );
  for (const { workerId, ledgerAccount, available } of accounts) {
    const finding = findings.get(workerId);
    if (finding?.kind === "unpayable") {
      logger.warn({ workerId, reason: finding.reason }, "earnings cannot be paid out");
      continue;
    }
    await recordPayout(db.kysely, {
      id: earningsPayoutId(network, epoch, workerId),
      origin: "earnings",
      ledgerAccount,
      recipient: workerId,
      amount: minMicro(available, payoutMax),
    });
  }
  await advanceEarningsRound(db.kysely, epoch, nextCursor);
  return nextCursor !== "";
}

/**
 * The payout of a worker's earnings at an epoch: always the same UUID (version 8: derived), so that it is made once.
 */
function earningsPayoutId(network: string, epoch: bigint, workerId: string): string {
  const bytes = createHash("sha256")
    .update(`flockollamas earnings\n${network}\n${epoch}\n${workerId}`)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8(((bytes.at(6) ?? 0) & 0x0f) | 0x80, 6);
  bytes.writeUInt8(((bytes.at(8) ?? 0) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
