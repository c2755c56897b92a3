export {
  DELEGATION_LIFE_MS_MAX,
  type Delegation,
  delegationText,
  faultOfDelegation,
  isChallenge,
  readDelegation,
} from "./delegation-text.js";
export {
  type ClaimOrder,
  claimText,
  faultOfOrder,
  readClaim,
  readUnstake,
  readWithdrawal,
  type UnstakeOrder,
  unstakeText,
  type WithdrawalOrder,
  withdrawalText,
} from "./order-text.js";
export { readReceipt, receiptMessage } from "./receipt-bytes.js";
export {
  faultOfSessionRequest,
  readSessionRequest,
  type SessionRequest,
  sessionText,
} from "./session-text.js";
export { readSignIn, SIGN_IN_STATEMENT, type SignInInput, signInText } from "./sign-in-text.js";
export { isSignedBy } from "./signed-text.js";
export type { Fault } from "./text-lines.js";
