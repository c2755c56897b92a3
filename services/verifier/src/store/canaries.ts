import { retrying } from "@flock/database";
import { LADDER_START, type LadderRules } from "@flock/evidence";
import type { Receipt, SignedReceipt } from "@flock/proto/jobs";
import type { Kysely } from "kysely";
import { dayOf } from "../domain/day.js";
import { count, ensureDayKey } from "./days.js";
import type { VerifierSchema } from "./schema.js";
import { workersById } from "./workers.js";

/** A worker that evidence is missing of. */
export interface InNeed {
  readonly workerId: string;
  readonly isQuarantined: boolean;
}

/** Those in quarantine; if none is, those of which fewer jobs have counted than are all checked. */
export async function workersInNeed(
  db: Kysely<VerifierSchema>,
  liveIds: readonly string[],
  { allFirstJobs }: LadderRules,
): Promise<InNeed[]> {
  const rows = await workersById(db, liveIds);
  const quarantined = rows.filter(({ standing }) => standing === "quarantined");
  if (quarantined.length > 0)
    return quarantined.map(({ worker_id }) => ({ workerId: worker_id, isQuarantined: true }));
  const known = new Map(rows.map((row) => [row.worker_id, row]));
  return liveIds
    .filter((id) => {
      const ladder = known.get(id)?.ladder ?? LADDER_START;
      return ladder.standing === "probation" && ladder.scoredJobs < allFirstJobs;
    })
    .map((workerId) => ({ workerId, isQuarantined: false }));
}

export interface CanaryJob {
  readonly receipt: Receipt;
  readonly signed: SignedReceipt;
  /** Who has its material. */
  readonly requesterId: string;
  readonly modelDigest: string;
  readonly nowUnixMs: number;
}

/** Stores a job of the verifier's own as one that is checked. */
export async function storeCanary(db: Kysely<VerifierSchema>, canary: CanaryJob): Promise<void> {
  const { receipt, signed, requesterId, modelDigest, nowUnixMs } = canary;
  const day = dayOf(nowUnixMs);
  const start = JSON.stringify(LADDER_START);
  await retrying(db, async (dbTx) => {
    await ensureDayKey(dbTx, day);
    await dbTx
      .insertInto("workers")
      .values({ worker_id: receipt.workerId, ladder: start, start })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const inserted = await dbTx
      .insertInto("checks")
      .values({
        ...{ job_id: receipt.jobId, worker_id: receipt.workerId, model: receipt.model, day },
        payee_id: receipt.payeeId === "" ? receipt.workerId : receipt.payeeId,
        ...{ model_digest: modelDigest, requester_id: requesterId, leases: 1, is_cancelled: false },
        receipt: Buffer.from(signed.receipt),
        signature: Buffer.from(signed.signature),
        signer: signed.signer,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("job_id")
      .executeTakeFirst();
    if (inserted !== undefined) await count(dbTx, nowUnixMs, { jobsDrawn: 1 });
  });
}
