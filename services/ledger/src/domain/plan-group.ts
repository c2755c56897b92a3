/**
 * Decides a group of operations against the facts read for it, in order, as if each ran alone after the ones before
 * it: a hold sees the wallet that the holds before it left, a settlement finds the hold planned three places earlier.
 * Pure; whatever the facts no longer say by the time the plan is written, the database refuses, and the group is
 * planned again from fresh facts.
 */
import { type MicroLlama, microLlama, minMicro, TOTAL_SUPPLY, ZERO } from "@flock/money";
import { type AccountCode, earningsOf, PROTOCOL_ACCOUNTS, walletOf } from "./account-code.js";
import {
  type Grant,
  type GrantOutcome,
  type Hold,
  type HoldOutcome,
  type Operation,
  type Outcome,
  type ReleaseOutcome,
  requestHash,
  type Settle,
  type SettleOutcome,
} from "./operation.js";
import { type Charge, chargeFor } from "./settlement.js";
import { type PlannedTransfer, transferId } from "./transfer.js";

/** A hold as recorded (or planned earlier in the group). */
export interface HoldFact {
  readonly wallet: AccountCode;
  readonly amount: MicroLlama;
  readonly requestHash: string | undefined;
  /** Its time is over, by the database's clock. */
  readonly isExpired: boolean;
  readonly resolution?: {
    readonly phase: "post" | "void" | "expire";
    readonly requestHash: string | undefined;
  };
}

/** What is recorded about a group's operations. Absent means: does not exist. */
export interface Facts {
  /** What each wallet could spend. */
  readonly available: ReadonlyMap<AccountCode, MicroLlama>;
  readonly holds: ReadonlyMap<string, HoldFact>;
  /** Request hash of each recorded grant, by transfer id. */
  readonly grants: ReadonlyMap<string, string | undefined>;
}

/** A settlement to record beside its transfers. */
export interface PlannedSettlement extends Charge {
  readonly settle: Settle;
  readonly held: MicroLlama;
  readonly workerShareBps: number;
}

export interface GroupPlan {
  /** In the order in which they must be numbered. Empty: nothing to write. */
  readonly transfers: readonly PlannedTransfer[];
  readonly settlements: readonly PlannedSettlement[];
  /** One per operation, in their order; they hold once the transfers are committed. */
  readonly outcomes: readonly Outcome[];
}

/** See the file's head. `workerShareBps` is the worker's part of each charge. */
export function planGroup(operations: readonly Operation[], facts: Facts, workerShareBps: number): GroupPlan {
  const plan = new Plan(facts, workerShareBps);
  const outcomes = operations.map((operation) => plan.decide(operation));
  return { transfers: plan.transfers, settlements: plan.settlements, outcomes };
}

class Plan {
  readonly transfers: PlannedTransfer[] = [];
  readonly settlements: PlannedSettlement[] = [];
  readonly #available: Map<AccountCode, MicroLlama>;
  readonly #holds: Map<string, HoldFact>;
  readonly #grants: Map<string, string | undefined>;
  readonly #workerShareBps: number;

  constructor(facts: Facts, workerShareBps: number) {
    this.#available = new Map(facts.available);
    this.#holds = new Map(facts.holds);
    this.#grants = new Map(facts.grants);
    this.#workerShareBps = workerShareBps;
  }

  decide(operation: Operation): Outcome {
    switch (operation.kind) {
      case "hold":
        return this.#hold(operation);
      case "settle":
        return this.#settle(operation);
      case "void":
        return this.#release(operation.jobId, "void");
      case "expire":
        return this.#release(operation.jobId, "expire");
      case "grant":
        return this.#grant(operation);
    }
  }

  #hold(hold: Hold): HoldOutcome {
    const hash = requestHash(hold);
    const wallet = walletOf(hold.accountId);
    const available = this.#available.get(wallet) ?? ZERO;
    const before = this.#holds.get(hold.jobId);
    if (before !== undefined) {
      if (before.requestHash !== hash) return { kind: "conflict" };
      if (before.resolution !== undefined || before.isExpired) return { kind: "ended" };
      return { kind: "held", granted: before.amount, available };
    }
    const amount = minMicro(hold.amountMax, available);
    if (amount <= 0n || amount < hold.amountMin) return { kind: "insufficient_funds", available };
    this.transfers.push({
      kind: "hold",
      phase: "pending",
      debit: wallet,
      credit: PROTOCOL_ACCOUNTS.jobsEscrow,
      amount,
      businessId: hold.jobId,
      timeoutMs: hold.timeoutMs,
      requestHash: hash,
    });
    this.#holds.set(hold.jobId, { wallet, amount, requestHash: hash, isExpired: false });
    this.#change(wallet, -amount);
    return { kind: "held", granted: amount, available: microLlama(available - amount) };
  }

  #settle(settle: Settle): SettleOutcome {
    const hash = requestHash(settle);
    const hold = this.#holds.get(settle.jobId);
    if (hold === undefined) return { kind: "no_hold" };
    if (hold.wallet !== walletOf(settle.accountId)) return { kind: "conflict" };
    switch (hold.resolution?.phase) {
      case "post":
        return { kind: hold.resolution.requestHash === hash ? "already_settled" : "conflict" };
      case "expire":
        return { kind: "expired" };
      case "void":
        // A job that cost nothing is settled by a void that carries the event's hash.
        return { kind: hold.resolution.requestHash === hash ? "already_settled" : "voided" };
      case undefined:
        break;
    }
    if (hold.isExpired) {
      this.#release(settle.jobId, "expire");
      return { kind: "expired" };
    }
    const charge = chargeFor(settle, hold.amount, this.#workerShareBps);
    this.settlements.push({ ...charge, settle, held: hold.amount, workerShareBps: this.#workerShareBps });
    if (charge.charge === 0n) this.#resolve(settle.jobId, hold, "void", hash);
    else this.#post(settle, hold, charge, hash);
    return { kind: "settled", charge: charge.charge };
  }

  /** The linked set client → worker and client → protocol; the first of them resolves the hold. */
  #post(settle: Settle, hold: HoldFact, charge: Charge, hash: string): void {
    const { jobId: businessId } = settle;
    const pendingId = transferId("hold", businessId);
    const hasWorkerShare = charge.workerShare > 0n;
    if (hasWorkerShare) {
      this.transfers.push({
        kind: "settlement",
        businessId,
        phase: "post",
        debit: hold.wallet,
        credit: earningsOf(settle.workerId),
        amount: charge.workerShare,
        pendingId,
        requestHash: hash,
      });
    }
    if (charge.protocolShare > 0n) {
      this.transfers.push({
        kind: "fee",
        businessId,
        phase: hasWorkerShare ? "single" : "post",
        debit: hold.wallet,
        credit: PROTOCOL_ACCOUNTS.fees,
        amount: charge.protocolShare,
        ...(hasWorkerShare
          ? { linkedId: transferId("settlement", businessId) }
          : { pendingId, requestHash: hash }),
      });
    }
    this.#holds.set(settle.jobId, { ...hold, resolution: { phase: "post", requestHash: hash } });
    this.#change(hold.wallet, hold.amount - charge.charge);
    this.#change(earningsOf(settle.workerId), charge.workerShare);
  }

  #release(jobId: string, phase: "void" | "expire"): ReleaseOutcome {
    const hold = this.#holds.get(jobId);
    if (hold === undefined || hold.resolution !== undefined) return { kind: "nothing_to_release" };
    if (phase === "expire" && !hold.isExpired) return { kind: "nothing_to_release" };
    this.#resolve(jobId, hold, phase, undefined);
    return { kind: "released", amount: hold.amount };
  }

  #resolve(jobId: string, hold: HoldFact, phase: "void" | "expire", hash: string | undefined): void {
    this.transfers.push({
      kind: phase,
      phase,
      debit: hold.wallet,
      credit: PROTOCOL_ACCOUNTS.jobsEscrow,
      amount: hold.amount,
      businessId: jobId,
      pendingId: transferId("hold", jobId),
      ...(hash === undefined ? {} : { requestHash: hash }),
    });
    this.#holds.set(jobId, { ...hold, resolution: { phase, requestHash: hash } });
    this.#change(hold.wallet, hold.amount);
  }

  #grant(grant: Grant): GrantOutcome {
    const hash = requestHash(grant);
    const wallet = walletOf(grant.accountId);
    const before = this.#grants.get(grant.transferId);
    if (this.#grants.has(grant.transferId)) {
      if (before !== hash) return { kind: "conflict" };
      return { kind: "granted", available: this.#available.get(wallet) ?? ZERO };
    }
    // Nobody can own more than exists; the pool's own bound is the database's to check.
    if ((this.#available.get(wallet) ?? ZERO) + grant.amount > TOTAL_SUPPLY)
      return { kind: "pool_exhausted" };
    this.transfers.push({
      kind: "grant",
      phase: "single",
      debit: PROTOCOL_ACCOUNTS.dev,
      credit: wallet,
      amount: grant.amount,
      businessId: grant.transferId,
      requestHash: hash,
    });
    this.#grants.set(grant.transferId, hash);
    this.#change(wallet, grant.amount);
    return { kind: "granted", available: this.#available.get(wallet) ?? ZERO };
  }

  /** Accounts whose balance was not read stay unknown: nothing in the group asks for it. */
  #change(account: AccountCode, delta: bigint): void {
    const available = this.#available.get(account);
    if (available !== undefined) this.#available.set(account, microLlama(available + delta));
  }
}
