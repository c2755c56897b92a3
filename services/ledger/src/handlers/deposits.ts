import type { Database } from "@flock/database";
import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import { PROTOCOL_ACCOUNTS } from "../domain/account-code.js";
import type { OperationRunner } from "../operation-runner.js";
import { readBalance } from "../store/balance.js";
import type { LedgerSchema } from "../store/schema.js";
import { checkedAmount, checkedId, checkedSignature } from "./request-checks.js";

/** `svc.ledger.custody` */
export function custodyMethod(operations: OperationRunner, db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.custody, async (request, { deadlineUnixMs }) => {
    const signature = checkedSignature(request.signature);
    const amount = checkedAmount("amount", request.amountMicro, 1n);
    const custody = { kind: "custody", signature, amount } as const;
    const outcome = await operations.run(custody, deadlineUnixMs - Date.now());
    if (outcome.kind === "conflict") throw recordedOtherwise(signature);
    const supply = await readBalance(db, PROTOCOL_ACCOUNTS.supply);
    return { version: PROTOCOL_VERSION, outsideMicro: -(supply?.posted ?? 0n) };
  });
}

/** `svc.ledger.deposit` */
export function depositMethod(operations: OperationRunner): ServedMethod {
  return method(LEDGER.deposit, async (request, { deadlineUnixMs }) => {
    const signature = checkedSignature(request.signature);
    const amount = checkedAmount("amount", request.amountMicro, 1n);
    const account = request.accountId === "" ? {} : { accountId: checkedId("account_id", request.accountId) };
    const deposit = { kind: "deposit", signature, amount, ...account } as const;
    const outcome = await operations.run(deposit, deadlineUnixMs - Date.now());
    if (outcome.kind === "conflict") throw recordedOtherwise(signature);
    return { version: PROTOCOL_VERSION, availableMicro: outcome.available };
  });
}

/** `svc.ledger.claim-deposit` */
export function claimDepositMethod(operations: OperationRunner): ServedMethod {
  return method(LEDGER.claimDeposit, async (request, { deadlineUnixMs }) => {
    const signature = checkedSignature(request.signature);
    const accountId = checkedId("account_id", request.accountId);
    const outcome = await operations.run(
      { kind: "claim_deposit", signature, accountId },
      deadlineUnixMs - Date.now(),
    );
    switch (outcome.kind) {
      case "claimed": {
        const { amount: amountMicro, available: availableMicro } = outcome;
        return { version: PROTOCOL_VERSION, amountMicro, availableMicro };
      }
      case "conflict":
        throw new FlockError("already_exists", `deposit ${signature} was claimed for another account`);
      case "not_found":
        throw new FlockError("not_found", `no deposit ${signature} is in suspense`);
    }
  });
}

function recordedOtherwise(signature: string): FlockError {
  return new FlockError(
    "already_exists",
    `signature ${signature} was recorded with another amount or account`,
  );
}
