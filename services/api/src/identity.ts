import type { KeyRights } from "./keys/key-rights.js";

/** Whom an API key speaks for, and what it may do. */
export interface KeyIdentity {
  /** UUID of the key; safe to log. */
  readonly keyId: string;
  readonly accountId: string;
  readonly rights: KeyRights;
  /** Present: of somebody without a key, who is served as this one. */
  readonly guest?: GuestVisit;
}

/** What somebody without a key may have, beside what the key may that he is served as. */
export interface GuestVisit {
  /** Of one answer. */
  readonly completionTokensMax: number;
  /** Lets a request begin, or throws `resource_exhausted`; what it returns is to be called when it has ended. */
  begin(): () => void;
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
