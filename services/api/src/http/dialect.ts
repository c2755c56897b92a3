import type { IncomingHttpHeaders } from "node:http";
import type { HTTPMethods, RouteHandlerMethod } from "fastify";
import type { OpenRequestKind } from "../limits/open-limits.js";
import type { PublicError } from "./error-table.js";

/** Sessions are what a wallet signs in for; API keys are what programs have. */
export type CredentialKinds = "key" | "session" | "either";

/** A route of a dialect. Other methods on the same path are answered with 405. */
export interface DialectRoute {
  readonly methods: readonly HTTPMethods[];
  readonly path: string;
  /** Answered without a key or a session: `free` to anybody as often as he likes, or limited per client. */
  readonly open?: "free" | OpenRequestKind;
  /** Which credentials it takes, if it is not open; default API keys alone. */
  readonly takes?: CredentialKinds;
  readonly handler: RouteHandlerMethod;
}

/** A client API that the network speaks (Ollama's; others stand beside it): its routes and the shape of its errors. */
export interface Dialect {
  readonly name: string;
  /** Whether errors on this path are told in this dialect. */
  owns(path: string): boolean;
  /** Header that may carry the key besides `Authorization`. */
  readonly keyHeader?: keyof IncomingHttpHeaders;
  errorBody(error: PublicError): object;
  readonly routes: readonly DialectRoute[];
}
