import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { formatLlama } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import { ownerOf } from "../domain/account-code.js";
import type { OperationRunner } from "../operation-runner.js";
import { conflicting } from "./refusals.js";
import { checkedAmount, checkedId } from "./request-checks.js";

/** `svc.ledger.clawback` */
export function clawbackMethod(operations: OperationRunner): ServedMethod {
  return method(LEDGER.clawback, async (request, { deadlineUnixMs }) => {
    const jobId = checkedId("job_id", request.jobId);
    const outcome = await operations.run({ kind: "clawback", jobId }, deadlineUnixMs - Date.now());
    switch (outcome.kind) {
      case "clawed_back": {
        const { amount: amountMicro, earnings } = outcome;
        return { version: PROTOCOL_VERSION, workerId: ownerOf(earnings), amountMicro };
      }
      case "not_found":
        throw notSettled(jobId);
      case "nothing_to_claw_back":
        throw new FlockError("failed_precondition", `job ${jobId} paid its worker nothing: it stands`);
      case "too_late":
        throw new FlockError("failed_precondition", `job ${jobId} can no longer be challenged`);
    }
  });
}

/** `svc.ledger.slash` */
export function slashMethod(operations: OperationRunner): ServedMethod {
  return method(LEDGER.slash, async (request, { deadlineUnixMs }) => {
    const caseId = checkedId("case_id", request.caseId);
    const owner = checkedId("owner", request.owner);
    const amount = checkedAmount("amount", request.amountMicro, 1n);
    const slash = { kind: "slash", caseId, owner, amount } as const;
    const outcome = await operations.run(slash, deadlineUnixMs - Date.now());
    switch (outcome.kind) {
      case "slashed": {
        const { fromStake: fromStakeMicro, fromCooling: fromCoolingMicro } = outcome;
        return { version: PROTOCOL_VERSION, fromStakeMicro, fromCoolingMicro };
      }
      case "nothing_to_slash":
        throw new FlockError("failed_precondition", `${owner} has nothing staked`);
      case "conflict":
        throw conflicting("slash", caseId);
    }
  });
}

/** `svc.ledger.compensate` */
export function compensateMethod(operations: OperationRunner): ServedMethod {
  return method(LEDGER.compensate, async (request, { deadlineUnixMs }) => {
    const jobId = checkedId("job_id", request.jobId);
    const amount = checkedAmount("amount", request.amountMicro, 1n);
    const compensate = { kind: "compensate", jobId, amount } as const;
    const outcome = await operations.run(compensate, deadlineUnixMs - Date.now());
    switch (outcome.kind) {
      case "compensated": {
        const { wallet, available: availableMicro } = outcome;
        return { version: PROTOCOL_VERSION, accountId: ownerOf(wallet), availableMicro };
      }
      case "not_found":
        throw notSettled(jobId);
      case "above_charge": {
        const charge = formatLlama(outcome.charge);
        throw new FlockError("invalid_argument", `job ${jobId} was charged ${charge} LLAMA, not more`);
      }
      case "above_penalty": {
        const taken = formatLlama(outcome.taken);
        throw new FlockError(
          "failed_precondition",
          `job ${jobId} is not clawed back, and a slash in its name took ${taken} LLAMA: that much can be given back`,
        );
      }
      case "conflict":
        throw conflicting("compensation of job", jobId);
      case "pool_exhausted":
        throw new FlockError("insufficient_funds", "pool:slashed does not hold that much");
    }
  });
}

function notSettled(jobId: string): FlockError {
  return new FlockError("not_found", `job ${jobId} was not settled`);
}
