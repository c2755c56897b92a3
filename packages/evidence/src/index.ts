/* What is known of a place, a job, a worker and a verdict, and what follows from it by calculation alone. */
export {
  type Bundle,
  bundleSha256,
  type Recomputed,
  readBundle,
  recompute,
  writeBundle,
} from "./bundle.js";
export { type JobEvidence, jobEvidence } from "./job-evidence.js";
export {
  advance,
  LADDER_RULES,
  LADDER_START,
  type LadderState,
  type RefereeNamed,
} from "./ladder.js";
export type { Reading } from "./reading.js";
