import { FlockError } from "@flock/errors";
import type { Identity, KeyIdentity } from "../identity.js";
import type { Scope } from "./key-rights.js";

const WHAT: Readonly<Record<Scope, string>> = {
  inference: "use models",
  read_account: "see its account",
  manage_keys: "manage keys: sign in with the wallet, or use a key that may",
};

/** Refuses a key whose time is over: its identity may have been found out while it was not. */
export function requireLive({ rights: { expiresUnixMs } }: KeyIdentity, nowUnixMs: number): void {
  if (expiresUnixMs === undefined || nowUnixMs < expiresUnixMs) return;
  const when = new Date(expiresUnixMs).toISOString();
  throw new FlockError("unauthenticated", `unauthorized: this API key expired at ${when}`);
}

/** Refuses a key without that scope. A session may do all that a key may, but use models. */
export function requireScope(identity: Identity, scope: Scope): void {
  if (!("rights" in identity) || identity.rights.scopes.includes(scope)) return;
  throw new FlockError("permission_denied", `this API key may not ${WHAT[scope]}`);
}

/**
 * The key that may use models at this moment.
 * @throws FlockError `unauthenticated` if it is none, or over; `permission_denied` if it is for other things.
 */
export function inferenceKeyOf(identity: Identity | undefined, nowUnixMs: number): KeyIdentity {
  if (identity === undefined) throw new FlockError("unauthenticated", "unauthorized: missing API key");
  if (!("rights" in identity))
    throw new FlockError("unauthenticated", "unauthorized: a session is not an API key, but can make one");
  requireLive(identity, nowUnixMs);
  requireScope(identity, "inference");
  return identity;
}

/** Whether whoever asks may use that model, by its canonical name. */
export function mayUseModel(identity: Identity | undefined, model: string): boolean {
  if (identity === undefined || !("rights" in identity)) return true;
  return identity.rights.models?.includes(model) ?? true;
}
