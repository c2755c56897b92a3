export { PRIVACY_LABELS, type PrivacyLabel } from "./content/privacy.js";
export { outputSha256 } from "./output-hash.js";
export { openReceipt, signReceipt } from "./receipt.js";
export type { BegunText } from "./requester/begun-text.js";
export {
  type DeliveredChunk,
  EXCLUDED_WORKERS_MAX,
  type JobHandle,
  type JobProgress,
  type JobResult,
  type JobSink,
  type JobSpec,
} from "./requester/job.js";
export { JobEnds } from "./requester/job-ends.js";
export type { JobTimings } from "./requester/job-timeline.js";
export { REQUESTER_DEFAULTS, type RequesterOptions } from "./requester/options.js";
export type { Hold, HoldGrant, Payer } from "./requester/payer.js";
export { Requester } from "./requester/requester.js";
export type { GrantedJob, JobRunner, Piece, RunResult } from "./worker/runner.js";
export type { WorkerRuntimeOptions } from "./worker/worker-options.js";
export { WorkerRuntime } from "./worker/worker-runtime.js";
