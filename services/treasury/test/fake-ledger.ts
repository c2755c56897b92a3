import { FlockError } from "@flock/errors";
import { type MicroLlama, microLlama, TOTAL_SUPPLY } from "@flock/money";
import { PayoutState } from "@flock/proto";
import type { ClosedEpoch, Ledger, LedgerTotals, PayablePage } from "../src/ledger.js";

interface Payout {
  readonly account: string;
  readonly amount: bigint;
  state: PayoutState;
  signature: string;
}

/**
 * A ledger in memory, for tests of the treasury alone: the same ids, the same refusals, double entry. The real one is
 * tested against the same treasury in crash.test.ts.
 */
export class FakeLedger implements Ledger {
  readonly balances = new Map<string, bigint>([["supply:root", 0n]]);
  readonly payouts = new Map<string, Payout>();
  readonly #done = new Map<string, string>();
  readonly anchored = new Map<bigint, string>();
  closed: ClosedEpoch[] = [];
  newestClosed: bigint | undefined;
  /** While set, nothing is answered. */
  isAway = false;
  calls = 0;

  balance(account: string): bigint {
    return this.balances.get(account) ?? 0n;
  }

  available(account: string): bigint {
    const reserved = [...this.payouts.values()].filter(
      (payout) => payout.account === account && payout.state === PayoutState.RESERVED,
    );
    return this.balance(account) - reserved.reduce((sum, { amount }) => sum + amount, 0n);
  }

  /** Puts LLAMA that the treasury holds into an account. */
  give(account: string, amount: bigint): void {
    this.#move("supply:root", account, amount);
  }

  async reservePayout(id: string, account: string, amount: MicroLlama): Promise<PayoutState> {
    this.#answer();
    const known = this.payouts.get(id);
    if (known !== undefined) {
      if (known.account !== account || known.amount !== amount) throw conflict(id);
      return known.state;
    }
    const available = this.available(account);
    if (available < amount)
      throw new FlockError("insufficient_funds", `${amount} are needed, ${available} are available`);
    this.payouts.set(id, { account, amount, state: PayoutState.RESERVED, signature: "" });
    return PayoutState.RESERVED;
  }

  async postPayout(id: string, signature: string): Promise<void> {
    this.#answer();
    const payout = this.payouts.get(id);
    if (payout === undefined) throw new FlockError("not_found", `no payout ${id}`);
    if (payout.state === PayoutState.POSTED && payout.signature === signature) return;
    if (payout.state === PayoutState.POSTED) throw conflict(id);
    if (payout.state === PayoutState.VOIDED) throw new FlockError("failed_precondition", `${id} is void`);
    payout.state = PayoutState.POSTED;
    payout.signature = signature;
    this.#move(payout.account, "external:solana", payout.amount);
  }

  async voidPayout(id: string): Promise<void> {
    this.#answer();
    const payout = this.payouts.get(id);
    if (payout === undefined) throw new FlockError("not_found", `no payout ${id}`);
    if (payout.state === PayoutState.POSTED) throw new FlockError("failed_precondition", `${id} is posted`);
    payout.state = PayoutState.VOIDED;
  }

  async custody(signature: string, amount: MicroLlama): Promise<void> {
    this.#once(`custody:${signature}`, `${amount}`, () =>
      this.#move("external:solana", "supply:root", amount),
    );
  }

  async deposit(signature: string, accountId: string, amount: MicroLlama): Promise<void> {
    const to = accountId === "" ? "suspense:deposits" : `wallet:${accountId}`;
    this.#once(`deposit:${signature}`, `${accountId}/${amount}`, () => {
      this.#move("external:solana", to, amount);
      if (accountId === "") this.balances.set(`suspended:${signature}`, amount);
    });
  }

  async claimDeposit(signature: string, accountId: string): Promise<void> {
    this.#once(`claim:${signature}`, accountId, () => {
      const amount = this.balance(`suspended:${signature}`);
      if (amount === 0n) throw new FlockError("not_found", "no such deposit in suspense");
      this.balances.delete(`suspended:${signature}`);
      this.#move("suspense:deposits", `wallet:${accountId}`, amount);
    });
  }

  async ownerExists(owner: string): Promise<boolean> {
    this.#answer();
    return ["wallet", "earnings", "vested", "stake"].some((kind) => this.balances.has(`${kind}:${owner}`));
  }

  /** Opens the wallets of these owners, with nothing in them. */
  open(...owners: readonly string[]): void {
    for (const owner of owners) this.balances.set(`wallet:${owner}`, this.balance(`wallet:${owner}`));
  }

  async external(): Promise<MicroLlama> {
    this.#answer();
    return microLlama(this.balance("external:solana"));
  }

  async payable(threshold: MicroLlama, cursor: string): Promise<PayablePage> {
    this.#answer();
    const accounts = [...this.balances.keys()]
      .filter((account) => account.startsWith("vested:") && account > cursor)
      .sort()
      .map((ledgerAccount) => ({
        ledgerAccount,
        workerId: ledgerAccount.slice("vested:".length),
        available: microLlama(this.available(ledgerAccount)),
      }))
      .filter(({ available }) => available >= threshold);
    const page = accounts.slice(0, 2);
    return { accounts: page, nextCursor: accounts.length > 2 ? (page.at(-1)?.ledgerAccount ?? "") : "" };
  }

  async closedEpochs(): Promise<ClosedEpoch[]> {
    this.#answer();
    return this.closed.filter(({ epoch }) => !this.anchored.has(epoch));
  }

  async newestClosedEpoch(): Promise<bigint | undefined> {
    this.#answer();
    return this.newestClosed;
  }

  async epochAnchored(epoch: bigint, _root: Uint8Array, signature: string): Promise<void> {
    this.#once(`anchored:${epoch}`, signature, () => this.anchored.set(epoch, signature));
  }

  async totals(): Promise<LedgerTotals> {
    this.#answer();
    const kinds = new Map<string, bigint>();
    for (const [account, balance] of this.balances) {
      const kind = account.slice(0, account.indexOf(":"));
      if (kind !== "suspended") kinds.set(kind, (kinds.get(kind) ?? 0n) + balance);
    }
    return {
      kinds: [...kinds].map(([kind, sum]) => ({ kind, sum: microLlama(sum) })),
      position: BigInt(this.#done.size),
      hash: new Uint8Array(32),
    };
  }

  #answer(): void {
    this.calls += 1;
    if (this.isAway) throw new FlockError("unavailable", "the ledger is away");
  }

  #once(id: string, body: string, work: () => void): void {
    this.#answer();
    const known = this.#done.get(id);
    if (known === body) return;
    if (known !== undefined) throw conflict(id);
    work();
    this.#done.set(id, body);
  }

  #move(from: string, to: string, amount: bigint): void {
    if (amount <= 0n || amount > TOTAL_SUPPLY) throw new RangeError(`${amount} is not an amount`);
    this.balances.set(from, this.balance(from) - amount);
    this.balances.set(to, this.balance(to) + amount);
  }
}

function conflict(id: string): FlockError {
  return new FlockError("already_exists", `${id} exists with another body`);
}
