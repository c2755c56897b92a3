/*
 * Rebuilds the books from the events that the ledger published, and checks the hash chain on the way. It keeps
 * balances and open holds in memory, nothing of the transfers themselves but the pending ones.
 *
 * Events may come twice, and in another order than that of the chain, because publishers try again. A commit is applied
 * when all its parts are there and the commit before it was applied.
 */
import type { LedgerTransferred } from "@flock/proto/events";
import { type Transfer, TransferPhase } from "@flock/proto/ledger";
import { CHAIN_START, canonicalBytes, chainHash } from "./chain-hash.js";
import { OPERATIONS } from "./operations.js";
import { transferId } from "./transfer.js";

/** By the kind of a transfer that resolves: the kind of what it resolves. */
const RESOLVED_KINDS: ReadonlyMap<string, string> = new Map(
  Object.values(OPERATIONS).flatMap(({ makes, resolves }) =>
    resolves === undefined ? [] : makes.map((kind): [string, string] => [kind, resolves]),
  ),
);

/** Money of an account as the events add up to. */
export interface ReplayedBalance {
  posted: bigint;
  held: bigint;
}

interface IncompleteCommit {
  readonly first: LedgerTransferred;
  readonly parts: (readonly Transfer[] | undefined)[];
}

export class Replay {
  readonly balances = new Map<string, ReplayedBalance>();
  /** What is wrong with the events, in words; empty: they are a whole chain. */
  readonly faults: string[] = [];
  readonly #pending = new Map<string, { debit: string; amount: bigint }>();
  readonly #waiting = new Map<bigint, IncompleteCommit>();
  #position = 0n;
  #hash: Uint8Array = CHAIN_START;
  #transfers = 0;

  /** Position in the chain up to which everything was applied. */
  get position(): bigint {
    return this.#position;
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  /** Transfers applied. */
  get transfers(): number {
    return this.#transfers;
  }

  /** Commits that came before one they follow: more than 0 at the end means that events are missing. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes the next event. */
  take(event: LedgerTransferred): void {
    const { chainPosition: position, part, parts } = event;
    if (position <= this.#position) return;
    if (parts < 1 || part >= parts) {
      this.faults.push(`commit ${position} has no part ${part} of ${parts}`);
      return;
    }
    const commit = this.#waiting.get(position) ?? {
      first: event,
      parts: Array.from({ length: parts }, () => undefined),
    };
    commit.parts[part] = event.transfers;
    this.#waiting.set(position, commit);
    this.#applyWaiting();
  }

  /** Applies transfers that are not in the chain yet. */
  applyUnchained(transfers: readonly Transfer[]): void {
    for (const transfer of transfers) this.#apply(transfer);
  }

  #applyWaiting(): void {
    for (;;) {
      const commit = this.#waiting.get(this.#position + 1n);
      const parts = commit?.parts.filter((part) => part !== undefined);
      if (commit === undefined || parts?.length !== commit.parts.length) return;
      this.#position += 1n;
      this.#waiting.delete(this.#position);
      this.#follow(commit.first, parts.flat());
    }
  }

  #follow(event: LedgerTransferred, transfers: readonly Transfer[]): void {
    const hash = chainHash(this.#hash, canonicalBytes(transfers));
    if (!hash.equals(event.hash) || !Buffer.from(this.#hash).equals(event.previousHash))
      this.faults.push(
        `commit ${this.#position} breaks the chain: its transfers are not those that were hashed`,
      );
    // Goes on with the published hash, so that one fault is reported once.
    this.#hash = event.hash;
    for (const transfer of transfers) this.#apply(transfer);
  }

  #apply(transfer: Transfer): void {
    this.#transfers += 1;
    const { amountMicro: amount, debitAccount, creditAccount } = transfer;
    if (transfer.phase === TransferPhase.PENDING) {
      this.#pending.set(transfer.transferId, { debit: debitAccount, amount });
      this.#balance(debitAccount).held += amount;
      return;
    }
    const isSingle = transfer.phase === TransferPhase.SINGLE;
    if (!isSingle) this.#resolve(transfer);
    if (!isSingle && transfer.phase !== TransferPhase.POST) return;
    this.#balance(debitAccount).posted -= amount;
    this.#balance(creditAccount).posted += amount;
  }

  #resolve(transfer: Transfer): void {
    const resolvedKind = RESOLVED_KINDS.get(transfer.kind);
    if (resolvedKind === undefined) {
      this.faults.push(`${transfer.transferId} is of a kind that resolves nothing`);
      return;
    }
    const pendingId = transferId(resolvedKind, transfer.businessId);
    const pending = this.#pending.get(pendingId);
    if (pending === undefined) {
      this.faults.push(`${transfer.transferId} resolves ${pendingId}, which is not open`);
      return;
    }
    this.#pending.delete(pendingId);
    this.#balance(pending.debit).held -= pending.amount;
  }

  #balance(account: string): ReplayedBalance {
    const found = this.balances.get(account);
    if (found !== undefined) return found;
    const balance = { posted: 0n, held: 0n };
    this.balances.set(account, balance);
    return balance;
  }
}
