import { type AccountCode, earningsOf, walletOf } from "../domain/account-code.js";
import type { Operation } from "../domain/operation.js";

/** The kept accounts that an operation names itself; a hold's wallet is found through the hold. */
export function accountsTouched(operation: Operation): AccountCode[] {
  switch (operation.kind) {
    case "hold":
    case "grant":
      return [walletOf(operation.accountId)];
    case "settle":
      return [earningsOf(operation.workerId)];
    case "void":
    case "expire":
      return [];
  }
}

/** The accounts that the operation opens when they do not exist yet: a hold never opens a wallet. */
export function accountsOpened(operation: Operation): AccountCode[] {
  return operation.kind === "hold" ? [] : accountsTouched(operation);
}
