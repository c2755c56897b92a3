import type { KeyRights } from "./keys/key-rights.js";

/** Whom an API key speaks for, and what it may do. */
export interface KeyIdentity {
  /** UUID of the key; safe to log. */
  readonly keyId: string;
  readonly accountId: string;
  readonly rights: KeyRights;
}

/** Whom a session speaks for. */
export interface SessionIdentity {
  /** UUID; safe to log. */
  readonly sessionId: string;
  /** The wallet's address. */
  readonly accountId: string;
}

/** Whom a request speaks for: by an API key, or by the session of a wallet. */
export type Identity = KeyIdentity | SessionIdentity;
