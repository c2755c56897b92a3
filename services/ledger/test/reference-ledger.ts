import { DEFAULT_PARAMETERS, type ParameterValues } from "@flock/parameters";
import type { Operation, OperationKind, Outcome } from "../src/domain/operations.js";
import { lesser, type ReferenceEpoch, ReferenceEpochs, type ReferenceJob } from "./reference-epochs.js";

interface ReferenceHold {
  readonly account: string;
  readonly amount: bigint;
  readonly request: string;
  readonly isShort: boolean;
  state: "open" | "settled" | "free" | "voided" | "expired";
  event?: string;
  job?: ReferenceJob;
}

interface ReferencePayout {
  readonly account: string;
  readonly amount: bigint;
  state: "reserved" | "posted" | "voided";
  signature?: string;
}

interface ReferenceCooldown {
  readonly id: string;
  readonly owner: string;
  left: bigint;
  isDue: boolean;
}

type Of<K extends OperationKind> = Operation<K>;

/**
 * A second, deliberately naive ledger to compare the real one with: it keeps a list of who paid whom and adds it up
 * anew for each question. Holds with a timeout of 1 ms are over once `timePasses` was called, and so are all cooldowns.
 */
export class ReferenceLedger {
  readonly #payments: { from: string; to: string; amount: bigint }[] = [];
  readonly #epochs: ReferenceEpochs;
  readonly #holds = new Map<string, ReferenceHold>();
  readonly #late = new Set<string>();
  readonly #payouts = new Map<string, ReferencePayout>();
  readonly #cooldowns: ReferenceCooldown[] = [];
  /** The first request under each id. */
  readonly #requests = new Map<string, string>();
  readonly #slashes = new Map<string, { fromStake: bigint; fromCooling: bigint }>();

  /** Begins with the genesis of 100 billion LLAMA. The first epoch is paid by `values`. */
  constructor(values: ParameterValues = DEFAULT_PARAMETERS.values) {
    this.#epochs = new ReferenceEpochs(values);
    const llama = 1_000_000n;
    this.#pay("supply:root", "pool:rewards", 95_000_000_000n * llama);
    this.#pay("supply:root", "pool:liquidity", 2_500_000_000n * llama);
    this.#pay("supply:root", "pool:dev", 2_500_000_000n * llama);
  }

  balance(account: string): bigint {
    const sum = (side: "from" | "to") =>
      this.#payments.filter((one) => one[side] === account).reduce((total, { amount }) => total + amount, 0n);
    return sum("to") - sum("from");
  }

  held(account: string): bigint {
    const holds = [...this.#holds.values()].filter(({ state }) => state === "open");
    const payouts = [...this.#payouts.values()].filter(({ state }) => state === "reserved");
    return [...holds, ...payouts]
      .filter((one) => one.account === account)
      .reduce((total, { amount }) => total + amount, 0n);
  }

  available(account: string): bigint {
    return this.balance(account) - this.held(account);
  }

  /** Accounts that anything was ever paid from or to. */
  accounts(): string[] {
    return [...new Set(this.#payments.flatMap(({ from, to }) => [from, to]))];
  }

  /** Those that are not closed, oldest first; the last is open. */
  get unclosedEpochs(): readonly ReferenceEpoch[] {
    return this.#epochs.unclosed;
  }

  /** Ends the open epoch. The next one is paid by `values`, which also decide what jobs pay from now on. */
  endEpoch(values: ParameterValues): void {
    this.#epochs.end(values, this.#stakes());
  }

  /** From now on no job of the oldest epoch that has ended can be clawed back. Undefined if there is none. */
  beginClosing(): ReferenceEpoch | undefined {
    return this.#epochs.beginClosing(this.balance("pool:rewards"));
  }

  /** Pays what the oldest epoch that has ended pays. Undefined if there is none. */
  closeEpoch(): ReferenceEpoch | undefined {
    const epoch = this.beginClosing();
    if (epoch === undefined) return undefined;
    for (const { from, to, amount } of epoch.payments) this.#pay(from, to, amount);
    epoch.state = "closed";
    return epoch;
  }

  /** What was run since the last time was one commit. */
  timePasses(): void {
    this.#epochs.noteStakes(this.#stakes());
    for (const [jobId, hold] of this.#holds) if (hold.isShort) this.#late.add(jobId);
    this.#sortCooldowns();
    for (const cooldown of this.#cooldowns) cooldown.isDue = true;
  }

  run(operation: Operation): Outcome {
    // CAST: amounts here are plain bigint.
    return this.#run(operation) as Outcome;
  }

  #run(operation: Operation): object {
    switch (operation.kind) {
      case "hold":
        return this.#hold(operation);
      case "settle":
        return this.#settle(operation);
      case "void":
      case "expire":
        return this.#giveBack(operation);
      case "fund": {
        const wallet = `wallet:${operation.accountId}`;
        if (!this.#isSame(`fund:${operation.transferId}`, operation)) return { kind: "conflict" };
        this.#once(`fund:${operation.transferId}`, () => this.#pay("pool:dev", wallet, operation.amount));
        return { kind: "funded", available: this.available(wallet) };
      }
      case "custody":
        if (!this.#isSame(`chain:${operation.signature}`, operation)) return { kind: "conflict" };
        this.#once(`chain:${operation.signature}`, () =>
          this.#pay("external:solana", "supply:root", operation.amount),
        );
        return { kind: "recorded" };
      case "deposit":
        return this.#deposit(operation);
      case "claim_deposit":
        return this.#claim(operation);
      case "reserve_payout":
        return this.#reserve(operation);
      case "post_payout":
      case "void_payout":
        return this.#endPayout(operation);
      case "stake":
      case "unstake":
      case "collect":
        return this.#convert(operation);
      case "release_stake":
        return this.#releaseStake(operation);
      case "clawback":
      case "compensate":
        return this.#challenge(operation);
      case "slash":
        return this.#slash(operation);
      case "distribute":
        throw new Error("epochs pay by themselves");
    }
  }

  #stakes(): Map<string, bigint> {
    const stakes = this.accounts().filter((account) => account.startsWith("stake:"));
    return new Map(stakes.map((account) => [account.slice("stake:".length), this.balance(account)]));
  }

  #pay(from: string, to: string, amount: bigint): void {
    if (amount > 0n) this.#payments.push({ from, to, amount });
  }

  /** False if another request was made under this id. Remembers the first. */
  #isSame(id: string, request: object): boolean {
    const text = textOf(request);
    const before = this.#requests.get(id);
    if (before === undefined) this.#requests.set(id, text);
    return before === undefined || before === text;
  }

  /** Does it the first time. */
  #once(id: string, work: () => void): void {
    if (this.#requests.has(`done:${id}`)) return;
    this.#requests.set(`done:${id}`, "");
    work();
  }

  #hold(hold: Of<"hold">): object {
    const account = `wallet:${hold.accountId}`;
    const before = this.#holds.get(hold.jobId);
    const available = this.available(account);
    if (before !== undefined) {
      if (before.request !== textOf(hold)) return { kind: "conflict" };
      if (before.state !== "open" || this.#late.has(hold.jobId)) return { kind: "ended" };
      return { kind: "held", granted: before.amount, available };
    }
    const amount = lesser(available, hold.amountMax);
    if (amount < 1n || amount < hold.amountMin) return { kind: "insufficient_funds", available };
    const isShort = hold.timeoutMs === 1;
    this.#holds.set(hold.jobId, { account, amount, request: textOf(hold), isShort, state: "open" });
    return { kind: "held", granted: amount, available: available - amount };
  }

  #giveBack(giveBack: Of<"void" | "expire">): object {
    const hold = this.#holds.get(giveBack.jobId);
    const isDue = giveBack.kind === "void" || this.#late.has(giveBack.jobId);
    if (hold?.state !== "open" || !isDue) return { kind: "nothing_to_give_back" };
    hold.state = giveBack.kind === "void" ? "voided" : "expired";
    return { kind: "given_back", amount: hold.amount };
  }

  #settle(settle: Of<"settle">): object {
    const hold = this.#holds.get(settle.jobId);
    if (hold === undefined) return { kind: "no_hold" };
    if (hold.account !== `wallet:${settle.accountId}`) return { kind: "conflict" };
    if (hold.event === textOf(settle)) return { kind: "already_settled" };
    if (hold.state === "settled") return { kind: "conflict" };
    if (hold.state === "voided" || hold.state === "free") return { kind: "voided" };
    if (hold.state === "open" && this.#late.has(settle.jobId)) hold.state = "expired";
    if (hold.state === "expired") return { kind: "expired" };
    const cost = settle.promptTokens * settle.promptPrice + settle.completionTokens * settle.completionPrice;
    const charge = lesser(cost, hold.amount);
    // The smallest fee that is at least the protocol's rate.
    const feeBps = 10_000n - BigInt(this.#epochs.open.values.workerShareBps);
    const fee = (charge * feeBps + 9_999n) / 10_000n;
    this.#pay(hold.account, `earnings:${settle.workerId}`, charge - fee);
    this.#pay(hold.account, "pool:fees", fee);
    hold.state = charge === 0n ? "free" : "settled";
    hold.event = textOf(settle);
    const { jobId: id, accountId: account, workerId: worker } = settle;
    hold.job = { id, account, worker, charge, workerShare: charge - fee, isClawedBack: false };
    this.#epochs.open.jobs.push(hold.job);
    return { kind: "settled", charge };
  }

  #deposit(deposit: Of<"deposit">): object {
    const account = deposit.accountId === undefined ? "suspense:deposits" : `wallet:${deposit.accountId}`;
    const id = `chain:${deposit.signature}`;
    if (!this.#isSame(id, deposit)) return { kind: "conflict" };
    this.#once(id, () => this.#pay("external:solana", account, deposit.amount));
    return { kind: "deposited", available: deposit.accountId === undefined ? 0n : this.available(account) };
  }

  #claim(claim: Of<"claim_deposit">): object {
    const deposit = JSON.parse(this.#requests.get(`chain:${claim.signature}`) ?? "{}");
    if (deposit.kind !== "deposit" || deposit.accountId !== undefined) return { kind: "not_found" };
    const id = `claim:${claim.signature}`;
    if (!this.#isSame(id, claim)) return { kind: "conflict" };
    const [wallet, amount] = [`wallet:${claim.accountId}`, BigInt(deposit.amount)];
    this.#once(id, () => this.#pay("suspense:deposits", wallet, amount));
    return { kind: "claimed", amount, available: this.available(wallet) };
  }

  #reserve(reserve: Of<"reserve_payout">): object {
    const { payoutId, account, amount } = reserve;
    const before = this.#payouts.get(payoutId);
    const available = this.available(account);
    if (before !== undefined) {
      if (before.account !== account || before.amount !== amount) return { kind: "conflict" };
      return { kind: "payout", state: before.state, available };
    }
    if (available < amount) return { kind: "insufficient_funds", available };
    this.#payouts.set(payoutId, { account, amount, state: "reserved" });
    return { kind: "payout", state: "reserved", available: available - amount };
  }

  #endPayout(end: Of<"post_payout" | "void_payout">): object {
    const payout = this.#payouts.get(end.payoutId);
    if (payout === undefined) return { kind: "not_found" };
    if (payout.state === "reserved") {
      payout.state = end.kind === "post_payout" ? "posted" : "voided";
      if (end.kind === "post_payout") {
        payout.signature = end.signature;
        this.#pay(payout.account, "external:solana", payout.amount);
      }
    } else if (payout.state === "posted" && end.kind === "post_payout" && payout.signature !== end.signature)
      return { kind: "conflict" };
    return { kind: "payout_ended", state: payout.state };
  }

  #convert(convert: Of<"stake" | "unstake" | "collect">): object {
    const owner = convert.kind === "collect" ? convert.workerId : convert.owner;
    const [from, to] = {
      stake: [`wallet:${owner}`, `stake:${owner}`] as const,
      unstake: [`stake:${owner}`, `cooling:${owner}`] as const,
      collect: [`vested:${owner}`, `wallet:${owner}`] as const,
    }[convert.kind];
    const id = `${convert.kind}:${convert.requestId}`;
    const isNew = !this.#requests.has(id);
    if (isNew && this.available(from) < convert.amount)
      return { kind: "insufficient_funds", available: this.available(from) };
    if (!this.#isSame(id, convert)) return { kind: "conflict" };
    if (isNew) {
      this.#pay(from, to, convert.amount);
      if (convert.kind === "unstake")
        this.#cooldowns.push({ id: convert.requestId, owner, left: convert.amount, isDue: false });
    }
    switch (convert.kind) {
      case "stake":
        return { kind: "staked", staked: this.available(to), available: this.available(from) };
      case "unstake":
        return { kind: "unstaked", staked: this.available(from) };
      case "collect":
        return { kind: "collected", vested: this.available(from), available: this.available(to) };
    }
  }

  #releaseStake(release: Of<"release_stake">): object {
    const cooldown = this.#cooldowns.find(({ id, left }) => id === release.requestId && left > 0n);
    if (cooldown?.isDue !== true) return { kind: "nothing_to_release" };
    const amount = cooldown.left;
    this.#pay(`cooling:${cooldown.owner}`, `wallet:${cooldown.owner}`, amount);
    cooldown.left = 0n;
    return { kind: "released", amount };
  }

  #challenge(challenge: Of<"clawback" | "compensate">): object {
    const hold = this.#holds.get(challenge.jobId);
    if (hold?.job === undefined) return { kind: "not_found" };
    const { job } = hold;
    const { charge, workerShare: amount } = job;
    const id = `${challenge.kind}:${challenge.jobId}`;
    if (challenge.kind === "clawback") {
      const earnings = `earnings:${job.worker}`;
      const state = this.#epochs.epochOfJob(job.id)?.state;
      if (amount === 0n) return { kind: "nothing_to_claw_back" };
      if (!job.isClawedBack && state !== "open" && state !== "ended") return { kind: "too_late" };
      if (!job.isClawedBack) this.#pay(earnings, "pool:slashed", amount);
      job.isClawedBack = true;
      return { kind: "clawed_back", earnings, amount };
    }
    if (!this.#requests.has(id)) {
      if (challenge.amount > charge) return { kind: "above_charge", charge };
      const slash = this.#slashes.get(`slash:${challenge.jobId}`);
      const taken = (slash?.fromStake ?? 0n) + (slash?.fromCooling ?? 0n);
      if (!job.isClawedBack && challenge.amount > taken) return { kind: "above_penalty", taken };
    }
    if (!this.#isSame(id, challenge)) return { kind: "conflict" };
    this.#once(id, () => this.#pay("pool:slashed", hold.account, challenge.amount));
    return { kind: "compensated", wallet: hold.account, available: this.available(hold.account) };
  }

  #slash(slash: Of<"slash">): object {
    const id = `slash:${slash.caseId}`;
    const before = this.#slashes.get(id);
    if (before !== undefined)
      return this.#isSame(id, slash) ? { kind: "slashed", ...before } : { kind: "conflict" };
    const fromStake = lesser(slash.amount, this.available(`stake:${slash.owner}`));
    const fromCooling = lesser(slash.amount - fromStake, this.available(`cooling:${slash.owner}`));
    if (fromStake + fromCooling === 0n) return { kind: "nothing_to_slash" };
    this.#isSame(id, slash);
    this.#slashes.set(id, { fromStake, fromCooling });
    this.#pay(`stake:${slash.owner}`, "pool:slashed", fromStake);
    this.#pay(`cooling:${slash.owner}`, "pool:slashed", fromCooling);
    let left = fromCooling;
    this.#sortCooldowns();
    for (const cooldown of this.#cooldowns.filter(({ owner }) => owner === slash.owner)) {
      const taken = lesser(cooldown.left, left);
      cooldown.left -= taken;
      left -= taken;
    }
    return { kind: "slashed", fromStake, fromCooling };
  }

  /** As slashes take from them: what is released first, those of one commit in the order of their ids. */
  #sortCooldowns(): void {
    const fresh = this.#cooldowns.filter(({ isDue }) => !isDue).sort((a, b) => (a.id < b.id ? -1 : 1));
    const due = this.#cooldowns.filter(({ isDue }) => isDue);
    this.#cooldowns.splice(0, this.#cooldowns.length, ...due, ...fresh);
  }
}

function textOf(operation: object): string {
  return JSON.stringify(operation, (_, value) => (typeof value === "bigint" ? `${value}` : value));
}
