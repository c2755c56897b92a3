import {
  type AccountCode,
  coolingOf,
  earningsOf,
  stakeOf,
  vestedOf,
  walletOf,
} from "../domain/account-code.js";
import { distributionAccounts } from "../domain/distribution.js";
import type { Operation } from "../domain/operation.js";

/**
 * The kept accounts that an operation names itself; others are found through the transfers and settlements it names.
 */
export function accountsTouched(operation: Operation): AccountCode[] {
  switch (operation.kind) {
    case "hold":
    case "grant":
    case "claim":
      return [walletOf(operation.accountId)];
    case "settle":
      return [earningsOf(operation.workerId)];
    case "deposit":
      return operation.accountId === undefined ? [] : [walletOf(operation.accountId)];
    case "reserve_payout":
      return [operation.account];
    case "stake":
      return [walletOf(operation.owner), stakeOf(operation.owner)];
    case "unstake":
    case "slash":
      return [stakeOf(operation.owner), coolingOf(operation.owner)];
    case "collect":
      return [vestedOf(operation.workerId), walletOf(operation.workerId)];
    case "distribute": {
      const { debit, credit } = distributionAccounts(operation);
      return [debit, credit].filter((code) => !code.startsWith("pool:"));
    }
    case "void":
    case "expire":
    case "custody":
    case "post_payout":
    case "void_payout":
    case "release":
    case "clawback":
    case "compensate":
      return [];
  }
}

/** The accounts that the operation opens when they do not exist yet: nothing is opened to be debited. */
export function accountsOpened(operation: Operation): AccountCode[] {
  switch (operation.kind) {
    case "hold":
    case "reserve_payout":
    case "slash":
      return [];
    case "stake":
      return [stakeOf(operation.owner)];
    case "unstake":
      return [coolingOf(operation.owner)];
    case "collect":
      return [walletOf(operation.workerId)];
    case "distribute":
      return accountsTouched(operation).filter((code) => !code.startsWith("earnings:"));
    default:
      return accountsTouched(operation);
  }
}
