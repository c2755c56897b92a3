import { slashIds } from "../domain/challenges.js";
import type { Operation } from "../domain/operation.js";
import { transferId } from "../domain/transfer.js";

/** Ids of the recorded transfers that an operation must know of: its own, and those that it rests on. */
export function transfersNamed(operation: Operation): string[] {
  switch (operation.kind) {
    case "hold":
    case "settle":
    case "void":
    case "expire":
      return [transferId("hold", operation.jobId)];
    case "grant":
      return [transferId("grant", operation.transferId)];
    case "custody":
    case "deposit":
      return [transferId("custody", operation.signature), transferId("deposit", operation.signature)];
    case "claim":
      return [transferId("claim", operation.signature), transferId("deposit", operation.signature)];
    case "reserve_payout":
    case "post_payout":
    case "void_payout":
      return [transferId("payout", operation.payoutId)];
    case "stake":
    case "unstake":
    case "collect":
      return [transferId(operation.kind, operation.requestId)];
    case "release":
      return [];
    case "clawback":
      return [transferId("clawback", operation.jobId)];
    case "compensate":
      return [
        transferId("compensate", operation.jobId),
        transferId("clawback", operation.jobId),
        ...slashIds(operation.jobId),
      ];
    case "slash":
      return [...slashIds(operation.caseId)];
    case "distribute":
      return [transferId(operation.distribution, `${operation.epoch}:${operation.receiver}`)];
  }
}
