/* What is known of a place, a job, a worker and a verdict, and what follows from it by calculation alone. */
export { type Cell, type CellKey, cellKeyOf, missPpm } from "./calibration.js";
export { type AnswerPiece, cutCandidates } from "./cuts.js";
export { drawCuts } from "./draw.js";
export { type JobEvidence, jobEvidence } from "./job-evidence.js";
export {
  advance,
  LADDER_RULES,
  LADDER_START,
  type LadderState,
  type RefereeNamed,
} from "./ladder.js";
export { isMiss } from "./misses.js";
export { agreedEnd, endReading, type Reading, type TokenChoice, tokenReading } from "./reading.js";
export { type Sampling, samplingOf } from "./sampling.js";
export { excessOf } from "./surprisal.js";
