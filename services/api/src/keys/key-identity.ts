/** Whom an API key speaks for. */
export interface KeyIdentity {
  /** UUID of the key; safe to log. */
  readonly keyId: string;
  readonly accountId: string;
}
