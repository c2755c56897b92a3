import type { IncomingHttpHeaders } from "node:http";
import type { HTTPMethods, RouteHandlerMethod } from "fastify";
import type { CredentialKinds } from "../keys/credentials.js";
import type { OpenRequestKind } from "../limits/open-limits.js";
import type { HttpError } from "./error-table.js";
import type { JsonSchema } from "./openapi/json-schema.js";
import type { Operation } from "./openapi/operation.js";
import type { RateLimitNames } from "./rate-limit-headers.js";

/** A route of a dialect. Other methods on the same path are answered with 405. */
export interface DialectRoute {
  readonly methods: readonly HTTPMethods[];
  readonly path: string;
  /** Answered without a key or a session: `free` to anybody as often as he likes, or limited per client. */
  readonly open?: "free" | OpenRequestKind;
  /** Which credentials it takes, if it is not open; default API keys alone. */
  readonly takes?: CredentialKinds;
  readonly handler: RouteHandlerMethod;
  /** What clients are told of it at `/openapi.json`. */
  readonly operation: Operation;
}

/** What decides in which dialect a request is: some share paths, and a header tells them apart. */
export interface RequestHead {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface DialectDescription {
  /** A heading for its routes. */
  readonly title: string;
  readonly about: string;
  readonly errorSchema: JsonSchema;
}

/**
 * A client API that the network speaks (Ollama's; others stand beside it): its routes and the shape of its errors. Two
 * may have the same route, written in the same way: the one that owns the request then answers it.
 */
export interface Dialect {
  readonly name: string;
  /** What clients are told of it, and of the bodies that {@link errorBody} makes. */
  readonly described: DialectDescription;
  /** Whether the request is in this dialect. Of several that say so the first counts. */
  owns(request: RequestHead): boolean;
  /** Header that may carry the key besides `Authorization`. */
  readonly keyHeader?: keyof IncomingHttpHeaders;
  /** Header in which its clients look for the id of a request, besides `x-request-id`. */
  readonly requestIdHeader?: string;
  /** How it tells what is left of a key's limits; default: by the standard names alone. */
  readonly rateLimitNames?: RateLimitNames;
  /** @param requestId as the headers tell it */
  errorBody(error: HttpError, requestId: string): object;
  readonly routes: readonly DialectRoute[];
}
