export { type EmissionSchedule, scheduledEmission } from "./division/emission-schedule.js";
export {
  divideEpoch,
  type EpochDivision,
  type EpochFacts,
  type EpochRules,
  emissionOf,
  epochRules,
  feesKept,
  stakingRewardOf,
} from "./division/epoch-division.js";
export { type JobAmounts, jobFault } from "./division/job-arithmetic.js";
export { sha256Hex } from "./merkle/sha256.js";
export { type CompactProof, type CompactProofRead, verifyCompactProof } from "./prove/compact-proof.js";
export { explainProof } from "./prove/explain-proof.js";
export type { Party, PartyLine } from "./prove/party.js";
export { makeCompactProof, type ProofRequest, proveFromStatement } from "./prove/prove.js";
export type { StatementRead } from "./prove/statement-reader.js";
export { LINES_PER_LEAF } from "./statement/leaves.js";
export { parseLine } from "./statement/parse-line.js";
export { type FinishedStatement, StatementBuilder } from "./statement/statement-builder.js";
export {
  type AccountLine,
  encodeLine,
  type HeaderLine,
  type JobLine,
  STATEMENT_FORMAT,
  type StakerLine,
  type StatementLine,
  type TotalLine,
  type WorkerLine,
} from "./statement/statement-line.js";
