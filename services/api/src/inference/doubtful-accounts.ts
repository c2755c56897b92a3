const ACCOUNTS_MAX = 10_000;

/**
 * Accounts whose last hold was refused for want of money. Their next job is routed only once its hold is granted, so
 * that an empty wallet cannot make workers begin what nobody pays for. Bounded: the oldest is dropped first.
 */
export class DoubtfulAccounts {
  readonly #accounts = new Set<string>();

  has(accountId: string): boolean {
    return this.#accounts.has(accountId);
  }

  add(accountId: string): void {
    this.#accounts.delete(accountId);
    this.#accounts.add(accountId);
    for (const oldest of this.#accounts) {
      if (this.#accounts.size <= ACCOUNTS_MAX) break;
      this.#accounts.delete(oldest);
    }
  }

  delete(accountId: string): void {
    this.#accounts.delete(accountId);
  }
}
