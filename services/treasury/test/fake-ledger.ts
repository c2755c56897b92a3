import { createHash, randomBytes } from "node:crypto";
import { FlockError } from "@flock/errors";
import { type MicroLlama, microLlama, TOTAL_SUPPLY } from "@flock/money";
import { isSubjectToken } from "@flock/proto";
import { PayoutState } from "@flock/proto/ledger";
import type { ClosedEpoch, Ledger, LedgerTotals, PayablePage } from "../src/ledger.js";

interface Payout {
  readonly account: string;
  readonly amount: bigint;
  state: PayoutState;
  signature: string;
}

interface Epoch extends ClosedEpoch {
  /** Empty until it is anchored. */
  anchor: string;
}

const OWNED = ["wallet", "earnings", "vested", "stake", "cooling"];
const PAYABLE_PER_PAGE = 2;

/**
 * A ledger in memory, for tests of the treasury alone: the same ids, the same refusals, double entry. Held to the same
 * contract as the real one (ledger-contract).
 */
export class FakeLedger implements Ledger {
  readonly balances = new Map<string, bigint>([["supply:root", 0n]]);
  readonly payouts = new Map<string, Payout>();
  readonly #done = new Map<string, string>();
  readonly #suspended = new Map<string, bigint>();
  /** Those that are closed, oldest first. */
  readonly #epochs: Epoch[] = [];
  /** While set, nothing is answered. */
  isAway = false;
  #moves = 0;

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

  /** Closes the next epoch, or one of a later number. */
  closeEpoch(epoch = this.#nextEpoch, root: Uint8Array = randomBytes(32)): void {
    this.#epochs.push({ epoch, root, anchor: "" });
  }

  /** The transaction that anchors an epoch; empty if none does. */
  anchorOf(epoch: bigint): string {
    return this.#epochs.find((each) => each.epoch === epoch)?.anchor ?? "";
  }

  async reservePayout(id: string, account: string, amount: MicroLlama): Promise<PayoutState> {
    this.#answer();
    if (!/^(wallet|vested):/.test(account)) throw invalid(`nothing is paid out from ${account}`);
    checkAmount(amount);
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
    checkSignature(signature);
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
    this.#answer();
    checkSignature(signature);
    checkAmount(amount);
    this.#once(`arrival:${signature}`, `custody of ${amount}`, () =>
      this.#move("external:solana", "supply:root", amount),
    );
  }

  async deposit(signature: string, accountId: string, amount: MicroLlama): Promise<void> {
    this.#answer();
    checkSignature(signature);
    checkAmount(amount);
    const to = accountId === "" ? "suspense:deposits" : `wallet:${accountId}`;
    this.#once(`arrival:${signature}`, `deposit for ${accountId} of ${amount}`, () => {
      this.#move("external:solana", to, amount);
      if (accountId === "") this.#suspended.set(signature, amount);
    });
  }

  async claimDeposit(signature: string, accountId: string): Promise<void> {
    this.#answer();
    checkSignature(signature);
    this.#once(`claim:${signature}`, accountId, () => {
      const amount = this.#suspended.get(signature);
      if (amount === undefined) throw new FlockError("not_found", "no such deposit in suspense");
      this.#suspended.delete(signature);
      this.#move("suspense:deposits", `wallet:${accountId}`, amount);
    });
  }

  async ownerExists(owner: string): Promise<boolean> {
    this.#answer();
    if (!isSubjectToken(owner)) throw invalid(`${owner} is no owner`);
    return OWNED.some((kind) => this.balances.has(`${kind}:${owner}`));
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
    checkAmount(threshold);
    if (cursor !== "" && !isSubjectToken(cursor)) throw invalid("cursor is not one of ours");
    const accounts = [...this.balances.keys()]
      .filter((account) => account.startsWith("vested:"))
      .map((ledgerAccount) => ({
        ledgerAccount,
        workerId: ledgerAccount.slice("vested:".length),
        available: microLlama(this.available(ledgerAccount)),
      }))
      .filter(({ workerId, available }) => workerId > cursor && available >= threshold)
      .sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
    const page = accounts.slice(0, PAYABLE_PER_PAGE);
    return { accounts: page, nextCursor: accounts.length > page.length ? (page.at(-1)?.workerId ?? "") : "" };
  }

  async closedEpochs(): Promise<ClosedEpoch[]> {
    this.#answer();
    const unanchored = this.#epochs.filter(({ anchor }) => anchor === "");
    return unanchored.map(({ epoch, root }) => ({ epoch, root })).reverse();
  }

  async newestClosedEpoch(): Promise<bigint | undefined> {
    this.#answer();
    return this.#epochs.at(-1)?.epoch;
  }

  async epochAnchored(epoch: bigint, root: Uint8Array, signature: string): Promise<void> {
    this.#answer();
    checkSignature(signature);
    if (epoch > this.#nextEpoch) throw new FlockError("not_found", `there is no epoch ${epoch}`);
    const found = this.#epochs.find((each) => each.epoch === epoch);
    if (found === undefined) throw new FlockError("failed_precondition", `epoch ${epoch} is not closed`);
    if (!Buffer.from(root).equals(found.root)) throw invalid(`epoch ${epoch} has another root`);
    if (found.anchor !== "" && found.anchor !== signature) throw conflict(`the anchor of epoch ${epoch}`);
    found.anchor = signature;
  }

  async totals(): Promise<LedgerTotals> {
    this.#answer();
    const kinds = new Map<string, bigint>();
    for (const [account, balance] of this.balances) {
      const kind = account.slice(0, account.indexOf(":"));
      kinds.set(kind, (kinds.get(kind) ?? 0n) + balance);
    }
    return {
      kinds: [...kinds].map(([kind, sum]) => ({ kind, sum: microLlama(sum) })),
      position: BigInt(this.#moves),
      hash: createHash("sha256").update(String(this.#moves)).digest(),
    };
  }

  /** The one that is open. */
  get #nextEpoch(): bigint {
    return (this.#epochs.at(-1)?.epoch ?? -1n) + 1n;
  }

  #answer(): void {
    if (this.isAway) throw new FlockError("unavailable", "the ledger is away");
  }

  #once(id: string, body: string, work: () => void): void {
    const known = this.#done.get(id);
    if (known === body) return;
    if (known !== undefined) throw conflict(id);
    work();
    this.#done.set(id, body);
  }

  #move(from: string, to: string, amount: bigint): void {
    this.#moves += 1;
    this.balances.set(from, this.balance(from) - amount);
    this.balances.set(to, this.balance(to) + amount);
  }
}

function conflict(id: string): FlockError {
  return new FlockError("already_exists", `${id} exists with another body`);
}

function invalid(message: string): FlockError {
  return new FlockError("invalid_argument", message);
}

function checkAmount(amount: bigint): void {
  if (amount < 1n || amount > TOTAL_SUPPLY) throw invalid(`${amount} is not an amount`);
}

function checkSignature(text: string): void {
  if (!/^[1-9A-HJ-NP-Za-km-z]{64,88}$/.test(text)) throw invalid("signature must be 64 bytes in base58");
}
