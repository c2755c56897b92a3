import type { Operation } from "../domain/operation.js";
import { transferId } from "../domain/transfer.js";

/** Ids of the recorded transfers that an operation must know of: its own, and the one that it rests on. */
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
    case "compensate":
      return [transferId(operation.kind, operation.jobId)];
    case "slash":
      return [transferId("slash", operation.caseId), transferId("slash", `${operation.caseId}:cooling`)];
    case "distribute":
      return [transferId(operation.distribution, `${operation.epoch}:${operation.receiver}`)];
  }
}
