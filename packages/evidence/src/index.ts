/* What is known of a place, a job, a worker and a verdict, and what follows from it by calculation alone. */
export { ASKED_AGAIN_MAX, certainEnd, optionsOfQuestion } from "./asking.js";
export {
  type Bundle,
  type BundleJob,
  bundleSha256,
  type Recomputed,
  readBundle,
  recompute,
  writeBundle,
} from "./bundle.js";
export { type Cell, type CellKey, cellKeyOf, isInForce, missPpm } from "./calibration.js";
export { type AnswerPiece, cutCandidates } from "./cuts.js";
export { dayKeySha256, drawCuts, drawReferees, isDrawn } from "./draw.js";
export { type JobEvidence, jobEvidence } from "./job-evidence.js";
export {
  advance,
  drawRateBps,
  evidenceOf,
  LADDER_RULES,
  LADDER_START,
  type LadderRules,
  type LadderState,
  type LadderVerdict,
  type RefereeNamed,
  type StandingName,
} from "./ladder.js";
export { isMiss } from "./misses.js";
export {
  agreedEnd,
  CHOICES_MAX,
  endReading,
  kindest,
  type Reading,
  type TokenChoice,
  tokenReading,
} from "./reading.js";
export { type Sampling, samplingOf } from "./sampling.js";
export { excessOf } from "./surprisal.js";
