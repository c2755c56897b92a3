export { FlockError, type FlockErrorCode } from "@flock/errors";
export {
  formatLlama,
  MICRO_PER_LLAMA,
  type MicroLlama,
  microLlama,
  parseLlama,
  TOTAL_SUPPLY,
} from "@flock/money";
export {
  type ClaimOrder,
  type Delegation,
  type Fault,
  readClaim,
  readDelegation,
  readUnstake,
  readWithdrawal,
  type UnstakeOrder,
  type WithdrawalOrder,
} from "@flock/orders/pure";
export {
  type ErrorDetails,
  FlockAnswerError,
  FlockApiError,
  FlockConnectionError,
} from "./client/errors.js";
export type { CallOptions } from "./client/transport.js";
export type { IsoDay, IsoTime } from "./decoding/decoder.js";
export { createFlock, type Flock, type FlockOptions } from "./flock.js";
export type { Frame, FrameCounts, ModelFrame } from "./live/frame.js";
export type { LiveOptions } from "./live/live-feed.js";
export { type SseEvent, SseParser } from "./live/sse-parser.js";
export type { Page, PageQuery, Pages } from "./pages.js";
export { newRequestId } from "./request-id.js";
export type { Account, AccountResource, Balance, CoolingRelease, Tier } from "./resources/account.js";
export type { Collected, CollectsResource } from "./resources/collects.js";
export type { Deposit, DepositInstructions, DepositsResource } from "./resources/deposits.js";
export type {
  Earnings,
  EarningsQuery,
  EarningsResource,
  EarningsRow,
  EarningsTotals,
  Vesting,
} from "./resources/earnings.js";
export type { Epoch, EpochsResource } from "./resources/epochs.js";
export type { Job, JobCheck, JobsResource, JobTiming, Receipt } from "./resources/jobs.js";
export type {
  ApiKey,
  KeyChange,
  KeyRights,
  KeysResource,
  NewApiKey,
  NewKeyRequest,
  Scope,
} from "./resources/keys.js";
export type {
  Model,
  ModelHour,
  ModelInDetail,
  Models,
  ModelsResource,
  Percentiles,
} from "./resources/models.js";
export type { Guests, HardwareGroup, Network, NetworkNow, NetworkResource } from "./resources/network.js";
export type { Reserves, ReservesResource } from "./resources/reserves.js";
export type { Session, SignInChallenge, SignInResource } from "./resources/sign-in.js";
export type { AmountRequest, Staked, StakesResource, Unstaked } from "./resources/stakes.js";
export type { StatementAccount, StatementResource, Transfer } from "./resources/statement.js";
export type { Incident, ServiceState, Status, StatusDay, StatusResource } from "./resources/status.js";
export type { ClaimRequest, TextsResource, UnstakeRequest, WithdrawalRequest } from "./resources/texts.js";
export type {
  CalibrationCell,
  Trust,
  TrustResource,
  WorkerStanding,
  WorkerVerdict,
} from "./resources/trust.js";
export type { Usage, UsageQuery, UsageResource, UsageRow } from "./resources/usage.js";
export type { Withdrawal, WithdrawalsResource } from "./resources/withdrawals.js";
export type {
  NoJobReason,
  Worker,
  WorkerChallenge,
  WorkerDelegation,
  WorkerSession,
  WorkersResource,
} from "./resources/workers.js";
export type { SignedText } from "./signed-text.js";
