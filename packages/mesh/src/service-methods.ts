import {
  BalanceReply,
  BalanceRequest,
  ClaimDepositReply,
  ClaimDepositRequest,
  ClawbackReply,
  ClawbackRequest,
  CollectReply,
  CollectRequest,
  CompensateReply,
  CompensateRequest,
  CreateKeyReply,
  CreateKeyRequest,
  CustodyReply,
  CustodyRequest,
  DepositReply,
  DepositRequest,
  EarningsReply,
  EarningsRequest,
  EpochAnchoredReply,
  EpochAnchoredRequest,
  EpochStatementReply,
  EpochStatementRequest,
  EpochsReply,
  EpochsRequest,
  FundReply,
  FundRequest,
  HoldReply,
  HoldRequest,
  ListKeysReply,
  ListKeysRequest,
  PayableReply,
  PayableRequest,
  PostPayoutReply,
  PostPayoutRequest,
  RenewReply,
  RenewRequest,
  ReservePayoutReply,
  ReservePayoutRequest,
  RevokeKeyReply,
  RevokeKeyRequest,
  RouteReply,
  RouteRequest,
  SlashReply,
  SlashRequest,
  StakeReply,
  StakeRequest,
  StatementReply,
  StatementRequest,
  UnstakeReply,
  UnstakeRequest,
  UnstakesReply,
  UnstakesRequest,
  VoidPayoutReply,
  VoidPayoutRequest,
} from "@flock/proto";
import type { ServiceMethod } from "./service-call.js";

/*
 * Every method that one service calls on another, with its message types (documented in proto/). Caller and server both
 * use these, so neither can be wrong about a subject or a type alone.
 */
function define<Request extends { version: number }, Reply extends { version: number }>(
  service: string,
  method: string,
  request: ServiceMethod<Request, Reply>["request"],
  reply: ServiceMethod<Request, Reply>["reply"],
): ServiceMethod<Request, Reply> {
  return { service, method, request, reply };
}

export const ROUTER_METHODS = {
  route: define("router", "route", RouteRequest, RouteReply),
  /** Answered by one router only: call it with `instance` = RouteAccepted.router_id. */
  renew: define("router", "renew", RenewRequest, RenewReply),
} as const;

export const LEDGER_METHODS = {
  hold: define("ledger", "hold", HoldRequest, HoldReply),
  balance: define("ledger", "balance", BalanceRequest, BalanceReply),
  statement: define("ledger", "statement", StatementRequest, StatementReply),
  fund: define("ledger", "fund", FundRequest, FundReply),
  custody: define("ledger", "custody", CustodyRequest, CustodyReply),
  deposit: define("ledger", "deposit", DepositRequest, DepositReply),
  claimDeposit: define("ledger", "claim-deposit", ClaimDepositRequest, ClaimDepositReply),
  reservePayout: define("ledger", "reserve-payout", ReservePayoutRequest, ReservePayoutReply),
  postPayout: define("ledger", "post-payout", PostPayoutRequest, PostPayoutReply),
  voidPayout: define("ledger", "void-payout", VoidPayoutRequest, VoidPayoutReply),
  stake: define("ledger", "stake", StakeRequest, StakeReply),
  unstake: define("ledger", "unstake", UnstakeRequest, UnstakeReply),
  unstakes: define("ledger", "unstakes", UnstakesRequest, UnstakesReply),
  collect: define("ledger", "collect", CollectRequest, CollectReply),
  clawback: define("ledger", "clawback", ClawbackRequest, ClawbackReply),
  slash: define("ledger", "slash", SlashRequest, SlashReply),
  compensate: define("ledger", "compensate", CompensateRequest, CompensateReply),
  payable: define("ledger", "payable", PayableRequest, PayableReply),
  earnings: define("ledger", "earnings", EarningsRequest, EarningsReply),
  epochs: define("ledger", "epochs", EpochsRequest, EpochsReply),
  epochStatement: define("ledger", "epoch-statement", EpochStatementRequest, EpochStatementReply),
  epochAnchored: define("ledger", "epoch-anchored", EpochAnchoredRequest, EpochAnchoredReply),
} as const;

export const API_KEY_METHODS = {
  create: define("api", "create-key", CreateKeyRequest, CreateKeyReply),
  revoke: define("api", "revoke-key", RevokeKeyRequest, RevokeKeyReply),
  list: define("api", "list-keys", ListKeysRequest, ListKeysReply),
} as const;
