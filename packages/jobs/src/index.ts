export { openReceipt } from "./receipt.js";
export type { DeliveredChunk, JobHandle, JobResult, JobSink, JobSpec } from "./requester/job.js";
export { JobEnds } from "./requester/job-ends.js";
export type { RequesterOptions } from "./requester/options.js";
export { Requester } from "./requester/requester.js";
export { ROUTER_METHODS } from "./requester/router-methods.js";
export type { GrantedJob, JobRunner, Piece, RunResult } from "./worker/runner.js";
export { WorkerRuntime, type WorkerRuntimeOptions } from "./worker/worker-runtime.js";
