import {
  BalanceReply,
  BalanceRequest,
  CreateKeyReply,
  CreateKeyRequest,
  FundReply,
  FundRequest,
  HoldReply,
  HoldRequest,
  ListKeysReply,
  ListKeysRequest,
  RenewReply,
  RenewRequest,
  RevokeKeyReply,
  RevokeKeyRequest,
  RouteReply,
  RouteRequest,
  StatementReply,
  StatementRequest,
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
} as const;

export const API_KEY_METHODS = {
  create: define("api", "create-key", CreateKeyRequest, CreateKeyReply),
  revoke: define("api", "revoke-key", RevokeKeyRequest, RevokeKeyReply),
  list: define("api", "list-keys", ListKeysRequest, ListKeysReply),
} as const;
