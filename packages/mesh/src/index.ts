export { checkedCursor, checkedLimit, pageOf } from "./calls/paging.js";
export {
  type CallContext,
  type CallOptions,
  call,
  type Handler,
  method,
  type ServedMethod,
  serve,
} from "./calls/service-call.js";
export { instancesOf } from "./calls/service-discovery.js";
export { connectMesh, type Mesh, type MeshOptions } from "./nats/connection.js";
export { type CredentialProvider, credentialsFile, credentialsText } from "./nats/credentials.js";
export { EventPublisher } from "./nats/event-publisher.js";
export {
  loadMeshSigner,
  meshKeyFiles,
  signatureFault,
  signedBy,
  TICKET_PURPOSE,
} from "./nats/mesh-signature.js";
export { Outbox, type OutboxOptions } from "./nats/outbox.js";
export {
  ensureEventsStream,
  ensureJobsStream,
  ensureTicketConsumer,
  jetstreamOf,
  manager,
  openBucket,
  WORKER_SESSION_MS_MAX,
} from "./nats/streams.js";
export { rememberWorkerSession, workerSessions } from "./nats/worker-sessions.js";
export { type Clock, systemClock } from "./runtime/clock.js";
export { type CommonEnvironment, natsOptions, readServiceEnvironment } from "./runtime/config.js";
export { delay, waitAtMost } from "./runtime/delay.js";
export { FloodWatch } from "./runtime/flood-watch.js";
export type { ControlRoute } from "./runtime/health-server.js";
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
} from "./runtime/lifecycle.js";
export { type RepeatingOptions, type Round, repeat, repeating } from "./runtime/repeating-part.js";
export { retryUntilDone } from "./runtime/retry-until-done.js";
export { FinalFailure, type ProcessHost, runService } from "./runtime/run-service.js";
export { SOFTWARE_VERSION } from "./runtime/software-version.js";
export { type BucketSize, TokenBucket } from "./runtime/token-bucket.js";
export { Wake } from "./runtime/wake.js";
export { BansView, banWorker, liftBan } from "./views/bans-view.js";
export { type BucketCopy, BucketFollower, type BucketFollowerOptions } from "./views/bucket-follower.js";
export { CatalogueView, type ModelAvailability } from "./views/catalogue-view.js";
export { forgiveOffences, OffencesView } from "./views/offences-view.js";
export { ParametersView } from "./views/parameters-view.js";
export { ShutOutView } from "./views/shut-out-view.js";
export { StandingsView } from "./views/standings-view.js";
