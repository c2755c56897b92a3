export { type BucketCopy, BucketFollower, type BucketFollowerOptions } from "./bucket-follower.js";
export { CatalogueView, type ModelAvailability } from "./catalogue-view.js";
export { type Clock, systemClock } from "./clock.js";
export { type CommonEnvironment, commonEnvironment, readServiceEnvironment } from "./config.js";
export { connectMesh, type Mesh, type MeshOptions } from "./connection.js";
export { delay } from "./delay.js";
export { DroppedMessages } from "./dropped-messages.js";
export { EventPublisher } from "./event-publisher.js";
export type { ControlRoute } from "./health-server.js";
export {
  type CreateService,
  type Part,
  type Resource,
  type RunningService,
  type Runtime,
  type ServiceExit,
  type ServiceOptions,
  type ServiceState,
  startService,
} from "./lifecycle.js";
export { ParametersView } from "./parameters-view.js";
export { openReceipt, signReceipt } from "./receipt.js";
export { type RepeatingOptions, type Round, repeat, repeating } from "./repeating-part.js";
export type { DeliveredChunk, JobHandle, JobResult, JobSink, JobSpec } from "./requester/job.js";
export { JobEnds } from "./requester/job-ends.js";
export { REQUESTER_DEFAULTS, type RequesterOptions } from "./requester/options.js";
export { Requester } from "./requester/requester.js";
export { retryUntilDone } from "./retry-until-done.js";
export { type ProcessHost, runService } from "./run-service.js";
export {
  type CallContext,
  type CallOptions,
  call,
  type Handler,
  method,
  type ServedMethod,
  type ServiceMethod,
  serve,
} from "./service-call.js";
export * from "./service-methods.js";
export {
  ensureEventsStream,
  ensureJobsStream,
  ensureTicketConsumer,
  jetstreamOf,
  manager,
  openBucket,
  TICKET_ACK_WAIT_MS,
} from "./streams.js";
export { Wake } from "./wake.js";
export type { GrantedJob, JobRunner, Piece, RunResult } from "./worker/runner.js";
export { WorkerRuntime, type WorkerRuntimeOptions } from "./worker/worker-runtime.js";
