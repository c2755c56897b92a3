/* What a browser can load, too: no module of Node, and none of its globals. */
export { type Delegation, delegationText, readDelegation } from "./delegation-text.js";
export {
  type ClaimOrder,
  claimText,
  readClaim,
  readUnstake,
  readWithdrawal,
  type UnstakeOrder,
  unstakeText,
  type WithdrawalOrder,
  withdrawalText,
} from "./order-text.js";
export { readReceipt, receiptMessage } from "./receipt-bytes.js";
export { checkSignedText } from "./signed-forms.js";
export type { Fault } from "./text-lines.js";
