import { DEFAULT_PARAMETERS, type Parameters, type ParameterValues } from "@flock/parameters";
import type { Operation } from "../src/domain/operations.js";
import type { GroupCommitter } from "../src/group-committer.js";
import { beginClosing } from "../src/store/epochs.js";
import { beginningOf, type Draft } from "./random-operations.js";
import { feesOf, type ReferenceEpoch, type ReferencePayment, sum } from "./reference-epochs.js";
import { ReferenceLedger } from "./reference-ledger.js";
import { statedPayments } from "./stated-payments.js";
import { fundOf, holdOf, micro, settleOf, type TestLedger } from "./test-ledger.js";

/** An operation, how often it is sent, and of which epoch, counted back from the open one, its ids are. */
export type GroupMember = readonly [draft: Draft, copies: number, epochsAgo: number];

export type Step =
  | { readonly kind: "group"; readonly members: readonly GroupMember[] }
  /** The open epoch ends; the next has these parameters. */
  | { readonly kind: "end"; readonly values: ParameterValues }
  /** A ledger begins to close, and dies. */
  | { readonly kind: "begin closing" }
  | { readonly kind: "close" };

/** A real ledger and the naive one beside it: both are told the same, and what they say and keep must be the same. */
export class ModelRun {
  readonly #ledger: TestLedger;
  readonly #committer: GroupCommitter;
  readonly #reference = new ReferenceLedger();
  readonly #met: Set<string>;
  #parameters: Parameters = DEFAULT_PARAMETERS;
  #epoch = 0;
  #operations = 0;

  /**
   * @param ledger a fresh one.
   * @param met is added to: what came of which operation, and what was special about epochs.
   */
  constructor(ledger: TestLedger, met: Set<string>) {
    this.#ledger = ledger;
    this.#met = met;
    this.#committer = ledger.committer({
      // Cooldowns are over with the commit that begins them.
      parameters: () => ({
        ...this.#parameters,
        values: { ...this.#parameters.values, unstakeCooldownSeconds: 0 },
      }),
    });
  }

  /** Operations that were run. */
  get operations(): number {
    return this.#operations;
  }

  /** Gives everybody something: money, stakes, vested earnings, and LLAMA to compensate clients with. */
  async begin(): Promise<void> {
    const amount = 10n ** 12n;
    await this.#run([
      fundOf("rich", "patron", 2n * amount),
      holdOf("rich", "patron", amount),
      settleOf("rich", "patron", amount, { workerId: "w" }),
      { kind: "stake", requestId: "rich", owner: "patron", amount: micro(amount) },
      { kind: "slash", caseId: "rich", owner: "patron", amount: micro(amount - 500n) },
    ]);
    await this.#run(beginningOf("begin"));
    await this.step({ kind: "end", values: this.#parameters.values });
    await this.step({ kind: "close" });
  }

  async step(step: Step): Promise<void> {
    switch (step.kind) {
      case "group":
        return await this.#run(
          step.members.flatMap(([draft, copies, ago]) =>
            Array.from({ length: copies }, () => draft(`e${Math.max(0, this.#epoch - ago)}`)),
          ),
        );
      case "end":
        return await this.#end(step.values);
      case "begin closing":
        this.#reference.beginClosing();
        return void (await beginClosing(this.#ledger.db.pool));
      case "close":
        return await this.#close();
    }
  }

  /** Closes every epoch that has ended, and compares all there is. */
  async finish(): Promise<void> {
    await this.#end(this.#parameters.values);
    while (this.#reference.unclosedEpochs.length > 1) await this.#close();
    await this.#close();
    await this.#expectSameBalances();
    await this.#ledger.expectRightBooks();
  }

  /** One commit. */
  async #run(operations: readonly Operation[]): Promise<void> {
    const outcomes = await Promise.all(operations.map((operation) => this.#committer.submit(operation)));
    expect(outcomes).toEqual(operations.map((operation) => this.#reference.run(operation)));
    this.#operations += operations.length;
    const met = operations.map(({ kind }, index) => `${kind}: ${outcomes[index]?.kind}`);
    for (const one of met) this.#met.add(one);
    const hasOpenJobs = this.#reference.unclosedEpochs.some(({ jobs }) => jobs.length > 0);
    if (hasOpenJobs && met.includes("slash: slashed")) this.#met.add("epoch: slashed before its close");
    // Short holds are over from here on, for both.
    await this.#ledger.db.pool.query("SELECT pg_sleep(0.002)");
    this.#reference.timePasses();
  }

  async #end(values: ParameterValues): Promise<void> {
    this.#parameters = { version: this.#parameters.version + 1, values };
    this.#epoch += 1;
    await this.#ledger.endEpoch(this.#parameters);
    this.#reference.endEpoch(values);
  }

  async #close(): Promise<void> {
    const closed = await this.#ledger.closeEpoch(this.#committer);
    const epoch = this.#reference.closeEpoch();
    expect(closed?.epoch).toBe(epoch?.number);
    if (epoch === undefined) return;
    const payments = sorted(epoch.payments);
    expect(await this.#paid(epoch)).toEqual(payments);
    expect(await this.#stated(epoch)).toEqual(payments);
    expectNobodyGains(epoch);
    for (const trait of traitsOf(epoch)) this.#met.add(`epoch: ${trait}`);
    await this.#expectSameBalances();
  }

  /** What was moved for the epoch. */
  async #paid({ number }: ReferenceEpoch): Promise<ReferencePayment[]> {
    const { rows } = await this.#ledger.db.pool.query<ReferencePayment>(
      `SELECT t.kind::text, split_part(t.business_id, ':', 2) AS receiver, d.code AS from, c.code AS to, t.amount
         FROM transfers t JOIN accounts d ON d.id = t.debit_id JOIN accounts c ON c.id = t.credit_id
        WHERE t.kind IN ('vest', 'emission', 'staking_reward', 'fee_share')
          AND split_part(t.business_id, ':', 1) = $1`,
      [number.toString()],
    );
    return sorted(rows);
  }

  /** What the epoch's statement says was moved. Its jobs and sums are compared on the way. */
  async #stated(epoch: ReferenceEpoch): Promise<ReferencePayment[]> {
    const lines = await this.#ledger.statementOf(epoch.number);
    const jobs: ReferenceEpoch["jobs"] = [];
    for (const line of lines) {
      if (line.kind === "header") {
        expect(line).toMatchObject({ epoch: Number(epoch.number) });
        expect(epoch.values).toMatchObject(line.rules);
      } else if (line.kind === "job") {
        const { job: id, account, worker, charge, workerShare, isClawedBack } = line;
        jobs.push({ id, account, worker, charge, workerShare, isClawedBack });
      } else if (line.kind === "account") {
        const own = epoch.jobs.filter(({ account }) => account === line.account);
        expect(line).toMatchObject({
          jobs: BigInt(own.length),
          charge: sum(own.map(({ charge }) => charge)),
        });
      } else if (line.kind === "total") {
        const { toLiquidity, toDev, stakingRewards, feesKept } = line;
        expect(toLiquidity + toDev + stakingRewards + feesKept).toBe(feesOf(epoch));
      }
    }
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    expect(jobs).toEqual([...epoch.jobs].sort(byId));
    return sorted(statedPayments(lines));
  }

  async #expectSameBalances(): Promise<void> {
    const { rows } = await this.#ledger.db.pool.query<{ code: string; balance: bigint; held: bigint }>(
      `SELECT code, posted_credit - posted_debit AS balance, pending_debit AS held FROM balances
        WHERE posted_credit <> posted_debit OR pending_debit <> 0`,
    );
    const expected = this.#reference
      .accounts()
      .map((code) => ({ code, balance: this.#reference.balance(code), held: this.#reference.held(code) }))
      .filter(({ balance, held }) => balance !== 0n || held !== 0n);
    const byCode = (a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1);
    expect(rows.sort(byCode)).toEqual(expected.sort(byCode));
    expect(sum(rows.map(({ balance }) => balance))).toBe(0n);
  }
}

/** All clients, workers and stakers together are the greatest coalition: it loses a hundredth of the fees at least. */
function expectNobodyGains(epoch: ReferenceEpoch): void {
  const charged = epoch.jobs.filter(({ isClawedBack }) => !isClawedBack).map(({ charge }) => charge);
  const back = epoch.payments.filter(({ kind }) => kind !== "fee_share").map(({ amount }) => amount);
  expect((sum(charged) - sum(back)) * 100n).toBeGreaterThanOrEqual(feesOf(epoch));
}

/** What makes the closing of an epoch another case than most. */
function traitsOf(epoch: ReferenceEpoch): string[] {
  const { jobs, payments, lows } = epoch;
  const standing = jobs.filter(({ isClawedBack }) => !isClawedBack);
  const paid = (kind: ReferencePayment["kind"]) => payments.filter((payment) => payment.kind === kind);
  const traits = {
    "without jobs": jobs.length === 0,
    "with a job clawed back": jobs.length > standing.length,
    "with several workers": new Set(standing.map(({ worker }) => worker)).size > 1,
    "with a worker that is its own client": standing.some(({ account, worker }) => account === worker),
    "rewards several stakers": paid("staking_reward").length > 1,
    "has nobody who staked throughout": [...lows.values()].every((low) => low === 0n),
    "emits something": paid("emission").length > 0,
    "emits nothing of its fees": feesOf(epoch) > 0n && paid("emission").length === 0,
    "emits less than its cap": isBelowCap(epoch),
  };
  return Object.entries(traits).flatMap(([trait, isSo]) => (isSo ? [trait] : []));
}

/** The schedule has bound: rounding leaves less than 1 µLLAMA a worker. */
function isBelowCap(epoch: ReferenceEpoch): boolean {
  const emitted = epoch.payments.flatMap(({ kind, amount }) => (kind === "emission" ? [amount] : []));
  const cap = (feesOf(epoch) * BigInt(epoch.values.emissionCapBps)) / 10_000n;
  return sum(emitted) + BigInt(new Set(epoch.jobs.map(({ worker }) => worker)).size) < cap;
}

function sorted(payments: readonly ReferencePayment[]): ReferencePayment[] {
  const nameOf = ({ kind, receiver }: ReferencePayment) => `${kind}:${receiver}`;
  return [...payments].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
