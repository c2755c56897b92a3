import { TRACEPARENT_HEADER } from "@flock/observability";
import type { FastifyRequest } from "fastify";
import { RequestContext } from "../request-context.js";

/** The context of an HTTP request, kept at the request itself as `exchange`. */
export function contextOf(request: FastifyRequest): RequestContext {
  const header = request.headers[TRACEPARENT_HEADER];
  return new RequestContext(request.id, typeof header === "string" ? header : undefined);
}

declare module "fastify" {
  interface FastifyRequest {
    exchange: RequestContext;
  }
}
