export { CatalogueEntry } from "./gen/flock/catalogue/v1/catalogue.js";
export { InferenceCompleted, InferenceFailed, LedgerTransferred } from "./gen/flock/events/v1/events.js";
export {
  Cancel,
  Chunk,
  Claim,
  ClaimRefusal,
  ClaimReply,
  DescribeModel,
  Final,
  Grant,
  GrantPart,
  HoldOff,
  Operation,
  Outcome,
  Progress,
  Receipt,
  RequesterAlive,
  Resume,
  SignedReceipt,
  Ticket,
  Work,
  WorkerControl,
  WorkerReport,
} from "./gen/flock/jobs/v1/jobs.js";
export {
  ApiKeyInfo,
  CreateKeyReply,
  CreateKeyRequest,
  ListKeysReply,
  ListKeysRequest,
  RevokeKeyReply,
  RevokeKeyRequest,
} from "./gen/flock/keys/v1/keys.js";
export {
  BalanceReply,
  BalanceRequest,
  FundReply,
  FundRequest,
  HoldReply,
  HoldRequest,
  StatementReply,
  StatementRequest,
  Transfer,
} from "./gen/flock/ledger/v1/ledger.js";
export {
  JobFinished,
  JobGranted,
  JobUpdates,
  RefusedJob,
  RenewReply,
  RenewRequest,
  RouteAccepted,
  RouteRefused,
  RouteReply,
  RouteRequest,
  TicketRetired,
} from "./gen/flock/router/v1/router.js";
export {
  ActiveLease,
  Heartbeat,
  ModelDescription,
  ServedModel,
  WorkerAnnouncement,
  WorkerSnapshot,
  WorkerState,
} from "./gen/flock/workers/v1/workers.js";
export * from "./message-bounds.js";
export * from "./model-name.js";
export * from "./subjects.js";
export * from "./wire.js";
