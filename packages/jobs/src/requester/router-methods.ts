import { serviceMethod } from "@flock/mesh";
import { RenewReply, RenewRequest, RouteReply, RouteRequest } from "@flock/proto/router";

/** What the router answers to requesters (proto/flock/router/v1/router.proto). */
export const ROUTER_METHODS = {
  route: serviceMethod("router", "route", RouteRequest, RouteReply),
  /** Answered by one router only: call it with `instance` = RouteAccepted.router_id. */
  renew: serviceMethod("router", "renew", RenewRequest, RenewReply),
} as const;
