import { TRACEPARENT_HEADER } from "@flock/observability";
import type { FastifyRequest } from "fastify";
import { RequestContext } from "../request-context.js";

/** The context that an HTTP request begins with; kept at the request itself. */
export function requestContextOf(request: FastifyRequest): RequestContext {
  const header = request.headers[TRACEPARENT_HEADER];
  return new RequestContext(request.id, typeof header === "string" ? header : undefined);
}

declare module "fastify" {
  interface FastifyRequest {
    requestContext: RequestContext;
  }
}
