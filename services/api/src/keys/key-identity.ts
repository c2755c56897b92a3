/** Whom an API key speaks for. */
export interface KeyIdentity {
  /** UUID of the key; safe to log. */
  readonly keyId: string;
  readonly accountId: string;
  /** Queue priority of the account, 0 lowest. */
  readonly tier: number;
}
