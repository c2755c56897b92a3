export {
  type ClaimOrder,
  claimText,
  type Fault,
  faultOfOrder,
  readClaim,
  readUnstake,
  readWithdrawal,
  type UnstakeOrder,
  unstakeText,
  type WithdrawalOrder,
  withdrawalText,
} from "./order-text.js";
export { isSignedBy } from "./signed-text.js";
