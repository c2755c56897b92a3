import { FlockError } from "@flock/errors";
import type { CallOptions } from "@flock/mesh";
import type { SessionIdentity } from "../identity.js";
import type { Scope } from "../keys/key-rights.js";
import { requireScope } from "../keys/permissions.js";
import type { RequestContext } from "../request-context.js";

/**
 * Whose key or session the request came with.
 * @param scope What a key needs to be asked with this.
 */
export function accountOf({ identity }: RequestContext, scope: Scope = "read_account"): string {
  if (identity === undefined) throw new FlockError("unauthenticated", "unauthorized: missing session");
  requireScope(identity, scope);
  return identity.accountId;
}

/** The session that the request came with. */
export function sessionOf({ identity }: RequestContext): SessionIdentity {
  if (identity === undefined || !("sessionId" in identity))
    throw new FlockError("unauthenticated", "unauthorized: missing session");
  return identity;
}

/** What every call made for the request carries on. */
export function tracing({ traceparent }: RequestContext): CallOptions {
  return { traceparent };
}

/** Which part of a list is asked for. */
export interface Page {
  /** Empty: the first. Else what the page before said. */
  readonly cursor: string;
  readonly limit: number;
}
