export {
  type EpochRules,
  emissionOf,
  epochRules,
  stakingRewardOf,
} from "./division/epoch-division.js";
export { type CompactProof, type CompactProofRead, verifyCompactProof } from "./prove/compact-proof.js";
export type { Party, PartyLine } from "./prove/party.js";
export { makeCompactProof, type ProofRequest, proveFromStatement } from "./prove/prove.js";
export type { StatementRead } from "./prove/statement-reader.js";
export { parseLine } from "./statement/parse-line.js";
export { type FinishedStatement, StatementBuilder } from "./statement/statement-builder.js";
export type {
  AccountLine,
  HeaderLine,
  JobLine,
  StakerLine,
  StatementLine,
  TotalLine,
  WorkerLine,
} from "./statement/statement-line.js";
