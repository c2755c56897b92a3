import type { Database } from "@flock/database";
import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { microLlama } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import { type HoldReply, LEDGER } from "@flock/proto/ledger";
import { walletOf } from "../domain/account-code.js";
import type { Hold, HoldOutcome } from "../domain/job-operations.js";
import type { OperationRunner } from "../operation-runner.js";
import type { LedgerSchema } from "../store/schema.js";
import { insufficientFundsOf } from "./refusals.js";
import { checkedAmount, checkedId, checkedInteger } from "./request-checks.js";

const TIMEOUT_MS_MAX = 24 * 3_600_000;

/** `svc.ledger.hold` */
export function holdMethod(operations: OperationRunner, db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.hold, async (request, { deadlineUnixMs }) => {
    const amountMax = checkedAmount("amount_max", request.amountMaxMicro, 1n);
    const amountMin = checkedAmount("amount_min", request.amountMinMicro, 0n);
    if (amountMin > amountMax) throw new FlockError("invalid_argument", "amount_min is above amount_max");
    const hold: Hold = {
      kind: "hold",
      jobId: checkedId("job_id", request.jobId),
      accountId: checkedId("account_id", request.accountId),
      amountMax,
      amountMin,
      timeoutMs: checkedInteger("timeout_ms", request.timeoutMs, 1, TIMEOUT_MS_MAX),
    };
    return await replyTo(hold, await operations.run(hold, deadlineUnixMs - Date.now()), db);
  });
}

async function replyTo(hold: Hold, outcome: HoldOutcome, db: Database<LedgerSchema>): Promise<HoldReply> {
  switch (outcome.kind) {
    case "held":
      return { version: PROTOCOL_VERSION, grantedMicro: outcome.granted, availableMicro: outcome.available };
    case "insufficient_funds": {
      const needed = microLlama(hold.amountMin || 1n);
      throw await insufficientFundsOf(db, walletOf(hold.accountId), needed, outcome.available);
    }
    case "conflict":
      throw new FlockError("already_exists", `another hold for job ${hold.jobId} exists`);
    case "ended":
      throw new FlockError("failed_precondition", `the hold for job ${hold.jobId} has ended`);
  }
}
