import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import type { OperationRunner } from "../operation-runner.js";
import { checkedAmount, checkedId } from "./request-checks.js";

/** `svc.ledger.fund` */
export function fundMethod(operations: OperationRunner): ServedMethod {
  return method(LEDGER.fund, async (request, { deadlineUnixMs }) => {
    const transferId = checkedId("transfer_id", request.transferId);
    const accountId = checkedId("account_id", request.accountId);
    const amount = checkedAmount("amount", request.amountMicro, 1n);
    const outcome = await operations.run(
      { kind: "fund", transferId, accountId, amount },
      deadlineUnixMs - Date.now(),
    );
    switch (outcome.kind) {
      case "funded":
        return { version: PROTOCOL_VERSION, availableMicro: outcome.available };
      case "conflict":
        throw new FlockError("already_exists", `another transfer ${transferId} exists`);
      case "pool_exhausted":
        throw new FlockError("insufficient_funds", "pool:dev does not hold that much");
    }
  });
}
