export { type DelegationWish, draftDelegation, handInDelegation, readFacts } from "./delegate.js";
export {
  completeElsewhere,
  DELEGATION_DAYS_MAX,
  draftElsewhere,
  type ElsewhereOptions,
} from "./enrol-elsewhere.js";
export { EnrolmentApi, type SessionAnswer, type SignedText } from "./enrolment-api.js";
export { type KeptEnrolment, readEnrolment, writeEnrolment } from "./enrolment-file.js";
