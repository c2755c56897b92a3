import { type MicroLlama, microLlama, ZERO } from "@flock/money";
import type { AccountCode } from "./account-code.js";
import type { Settle } from "./job-operations.js";
import type { Charge } from "./settlement.js";
import { type PlannedTransfer, transferId } from "./transfer.js";

/** A transfer as recorded (or planned earlier in the group). */
export interface TransferFact {
  readonly debit: AccountCode;
  readonly credit: AccountCode;
  readonly amount: MicroLlama;
  readonly requestHash?: string | undefined;
  /** Of a pending one: its time is over, by the database's clock. */
  readonly isExpired?: boolean;
  /** Of a pending one: how it was resolved. */
  readonly resolution?: Resolution;
}

/** How a pending transfer was resolved. */
export interface Resolution {
  readonly phase: "post" | "void" | "expire";
  readonly requestHash?: string | undefined;
}

/** A settled job. */
export interface SettlementFact {
  readonly wallet: AccountCode;
  readonly earnings: AccountCode;
  readonly charge: MicroLlama;
  readonly workerShare: MicroLlama;
  /** Its epoch has not begun to close. */
  readonly canBeChallenged: boolean;
}

/** An unstaked amount that was not released yet. */
export interface CooldownFact {
  readonly cooling: AccountCode;
  /** What slashes have left of it. */
  readonly remaining: MicroLlama;
  /** Its time is over, by the database's clock. */
  readonly isDue: boolean;
}

/** What is recorded about a group's operations. Absent means: does not exist. */
export interface Facts {
  /** What each account could spend. */
  readonly available: ReadonlyMap<AccountCode, MicroLlama>;
  /** By transfer id. */
  readonly transfers: ReadonlyMap<string, TransferFact>;
  /** By job id. */
  readonly settlements: ReadonlyMap<string, SettlementFact>;
  /** By the request id of the unstake, in the order in which slashes take from them. */
  readonly cooldowns: ReadonlyMap<string, CooldownFact>;
}

/** The parameters that operations are decided by. */
export interface LedgerRules {
  /** The worker's part of each charge, in basis points. */
  readonly workerShareBps: number;
  /** How long unstaked LLAMA waits. */
  readonly unstakeCooldownSeconds: number;
}

/** A settlement to record beside its transfers. */
export interface PlannedSettlement {
  readonly settle: Settle;
  readonly wallet: AccountCode;
  readonly earnings: AccountCode;
  readonly held: MicroLlama;
  readonly charged: Charge;
  readonly workerShareBps: number;
}

type PlannedResolution<K extends string> = PlannedTransfer<K> & Resolution & { readonly pendingId: string };

/**
 * The plan of a group as one operation's rule sees it: the facts as they will be when everything planned so far is
 * written. So each operation is decided as if it ran alone after the ones before it. The draft knows the facts that the
 * operations of the group name; other facts do not exist for it.
 *
 * @template K the kinds of transfers that the rule may plan
 */
export interface Draft<K extends string> {
  readonly rules: LedgerRules;
  /** What a kept account can spend; 0 for one that does not exist. */
  available(account: AccountCode): MicroLlama;
  /** A transfer, recorded or planned; undefined if there is none of that id. */
  transfer(id: string): TransferFact | undefined;
  /** The settlement of a job, recorded or planned; undefined if it is not settled. */
  settlement(jobId: string): SettlementFact | undefined;
  /** The cooldown of an unstake, recorded or planned; undefined if there is none (any more). */
  cooldown(requestId: string): CooldownFact | undefined;
  /** Plans a transfer that moves money. */
  readonly move: (planned: PlannedTransfer<K> & { readonly phase: "single" }) => void;
  /** Plans a transfer that reserves money on the debit side. */
  readonly reserve: (planned: PlannedTransfer<K> & { readonly phase: "pending" }) => void;
  /** Plans the end of a pending transfer, which releases all of it and moves its own amount if it is a `post`. */
  readonly resolve: (pending: TransferFact, planned: PlannedResolution<K>) => void;
  /** Plans the record of a settlement. */
  recordSettlement(planned: PlannedSettlement): void;
  /** Plans a cooldown: it is not due before the plan is written. */
  startCooldown(requestId: string, cooling: AccountCode, remaining: MicroLlama): void;
  /** Plans the end of a cooldown. */
  endCooldown(requestId: string): void;
  /**
   * Plans what a slash takes from the cooldowns of an account, as the database does (stakes.ts in
   * migrations/0001-first-version). Of what the same plan unstaked it may take from another first; none of that is due
   * before the plan is written.
   */
  slashCooldowns(cooling: AccountCode, slashed: MicroLlama): void;
}

/**
 * The plan of a group while it is being made: the transfers so far, and what they change about the facts.
 *
 * Most groups are hundreds of settlements that ask for nothing but their holds, so what others might ask for is put
 * together when they do.
 */
export class GroupDraft implements Draft<string> {
  readonly rules: LedgerRules;
  /** In the order in which they must be numbered. */
  readonly transfers: PlannedTransfer[] = [];
  readonly settlements: PlannedSettlement[] = [];
  readonly #facts: Facts;
  readonly #available: Map<AccountCode, MicroLlama>;
  readonly #cooldowns: Map<string, CooldownFact>;
  /** The first of `transfers`, as many as were asked for, by id. */
  readonly #planned = new Map<string, PlannedTransfer>();
  #plannedKnown = 0;
  /** What the plan resolves, by the id of the pending transfer. */
  readonly #resolutions = new Map<string, Resolution>();

  constructor(facts: Facts, rules: LedgerRules) {
    this.#facts = facts;
    this.rules = rules;
    this.#available = new Map(facts.available);
    this.#cooldowns = new Map(facts.cooldowns);
  }

  available(account: AccountCode): MicroLlama {
    return this.#available.get(account) ?? ZERO;
  }

  transfer(id: string): TransferFact | undefined {
    // A planned transfer is its own fact.
    const transfer = this.#facts.transfers.get(id) ?? this.#plannedTransfer(id);
    const resolution = this.#resolutions.get(id);
    return transfer === undefined || resolution === undefined ? transfer : { ...transfer, resolution };
  }

  settlement(jobId: string): SettlementFact | undefined {
    const recorded = this.#facts.settlements.get(jobId);
    if (recorded !== undefined) return recorded;
    const planned = this.settlements.find(({ settle }) => settle.jobId === jobId);
    if (planned === undefined) return undefined;
    const { wallet, earnings, charged } = planned;
    const { charge, workerShare } = charged;
    return { wallet, earnings, charge, workerShare, canBeChallenged: true };
  }

  cooldown(requestId: string): CooldownFact | undefined {
    return this.#cooldowns.get(requestId);
  }

  move(planned: PlannedTransfer & { readonly phase: "single" }): void {
    this.transfers.push(planned);
    this.#change(planned.debit, -planned.amount);
    this.#change(planned.credit, planned.amount);
  }

  reserve(planned: PlannedTransfer & { readonly phase: "pending" }): void {
    this.transfers.push(planned);
    this.#change(planned.debit, -planned.amount);
  }

  resolve(pending: TransferFact, planned: PlannedResolution<string>): void {
    this.transfers.push(planned);
    this.#resolutions.set(planned.pendingId, planned);
    const isPost = planned.phase === "post";
    this.#change(pending.debit, isPost ? pending.amount - planned.amount : pending.amount);
    if (isPost) this.#change(planned.credit, planned.amount);
  }

  recordSettlement(planned: PlannedSettlement): void {
    this.settlements.push(planned);
  }

  startCooldown(requestId: string, cooling: AccountCode, remaining: MicroLlama): void {
    this.#cooldowns.set(requestId, { cooling, remaining, isDue: false });
  }

  endCooldown(requestId: string): void {
    this.#cooldowns.delete(requestId);
  }

  slashCooldowns(cooling: AccountCode, slashed: MicroLlama): void {
    let left: bigint = slashed;
    for (const [requestId, cooldown] of this.#cooldowns) {
      if (cooldown.cooling !== cooling) continue;
      const remaining = cooldown.remaining > left ? microLlama(cooldown.remaining - left) : ZERO;
      left -= cooldown.remaining - remaining;
      if (remaining === 0n) this.#cooldowns.delete(requestId);
      else this.#cooldowns.set(requestId, { ...cooldown, remaining });
      if (left === 0n) return;
    }
  }

  #plannedTransfer(id: string): PlannedTransfer | undefined {
    for (; this.#plannedKnown < this.transfers.length; this.#plannedKnown++) {
      const planned = this.transfers[this.#plannedKnown];
      if (planned !== undefined) this.#planned.set(transferId(planned.kind, planned.businessId), planned);
    }
    return this.#planned.get(id);
  }

  /** Accounts whose balance was not read stay unknown: nothing in the group asks for it. */
  #change(account: AccountCode, delta: bigint): void {
    const available = this.#available.get(account);
    if (available !== undefined) this.#available.set(account, microLlama(available + delta));
  }
}
