import { setImmediate as nextTick, setTimeout as sleep } from "node:timers/promises";
import { databaseError, retryDelayMs } from "@flock/database";
import { FlockError } from "@flock/errors";
import type { Parameters } from "@flock/parameters";
import type pg from "pg";
import type { AccountCode } from "./domain/account-code.js";
import { type Operation, type Outcome, type OutcomeOf, ruleOf } from "./domain/operations.js";
import { planGroup } from "./domain/plan-group.js";
import type { PlannedTransfer } from "./domain/transfer.js";
import { turnEpoch } from "./store/epochs.js";
import { openAccounts } from "./store/open-accounts.js";
import { type GroupFacts, noFacts, readFacts } from "./store/read-facts.js";
import { RememberedHolds } from "./store/remembered-holds.js";
import { type WrittenCommit, writeCommit } from "./store/write-commit.js";
import { writeRefusalOf } from "./store/write-refusal.js";

export interface GroupCommitterOptions {
  /** The parameters in force. */
  readonly parameters: () => Parameters;
  /** Most operations in one commit; default 500 (at most 1 500 transfers). */
  readonly groupMax?: number;
  /** Most operations waiting; more are refused with `resource_exhausted`. Default 20 000. */
  readonly queueMax?: number;
  /** Told after each commit, when its operations have been answered. */
  readonly onCommit?: (commit: GroupCommit) => void;
}

/** A group that was committed. */
export interface GroupCommit {
  readonly operations: number;
  readonly durationMs: number;
  readonly written: WrittenCommit;
  readonly transfers: readonly PlannedTransfer[];
}

/** What came of a group. */
interface CarriedOut {
  readonly outcomes: readonly Outcome[];
  /** None if there was nothing to write. */
  readonly commit: GroupCommit | undefined;
}

/** What became of an operation: its outcome, or why there is none. */
export type End = Outcome | FlockError;

interface Waiting {
  readonly operation: Operation;
  /** On the clock of performance.now(). */
  readonly giveUpAtMs: number;
  end(end: End): void;
}

/** Plans are made again this often when other ledger processes come in between, before the group is cut in two. */
const REPLANS_MAX = 6;
const WAIT_MAX_MS = 20_000;
/**
 * With more, operations wait longer for the second group than they gain by going together; two writes at once share the
 * time that each waits for the disk, and wait for each other's accounts only at their end.
 */
const SECOND_GROUP_MIN = 30;
/** Patient operations wait for each other this long, because a large group costs less a member, … */
const GATHER_MS = 10;
/** … or until there are so many. */
const GATHERED_MAX = 100;

/**
 * Carries out operations, many per transaction. An idle committer commits an operation at once. Operations that arrive
 * during a commit wait for it and then go together, so groups grow with the load and share the cost of a commit. Nobody
 * waits for ends of jobs, so these gather a little before they make a commit.
 *
 * A group is two round trips, or one if all of its facts are remembered: one statement reads the facts, the plan is
 * made in memory ({@link planGroup}), one statement writes it all. No lock is held in between. If the database refuses
 * the plan because another process changed the facts, they are read and the plan is made again, in the next epoch if
 * the open one is over. If the database refuses it for another reason, the group is halved until the bad operation is
 * alone and is refused alone. While the database is away, operations wait until their own time is up.
 */
export class GroupCommitter {
  readonly #pool: pg.Pool;
  readonly #protocolIds: ReadonlyMap<AccountCode, bigint>;
  readonly #options: Required<GroupCommitterOptions>;
  readonly #pumps = new Set<Promise<void>>();
  /** Pumps that will look at the queue again. */
  #pumping = 0;
  #queue: Waiting[] = [];
  /** Somebody in the queue is not to wait any longer. */
  #isUrgent = false;
  #gathering: NodeJS.Timeout | undefined;
  readonly #remembered = new RememberedHolds();

  /** @param protocolIds ids of the protocol's accounts, from `ensureGenesis`. */
  constructor(pool: pg.Pool, protocolIds: ReadonlyMap<AccountCode, bigint>, options: GroupCommitterOptions) {
    this.#pool = pool;
    this.#protocolIds = protocolIds;
    this.#options = { groupMax: 500, queueMax: 20_000, onCommit: () => {}, ...options };
  }

  /** Operations that wait for the commit after the one under way. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Carries the operation out, exactly once however often it is submitted, and returns its outcome when that is
   * durable.
   * @param waitMs how long it may wait for a database that is away; default and at most 20 000.
   * @throws FlockError `unavailable` when that time is up (the operation may still have been carried out),
   *   `resource_exhausted` when too many wait.
   */
  submit<O extends Operation>(operation: O, waitMs?: number): Promise<OutcomeOf<O>> {
    return new Promise<OutcomeOf<O>>((resolve, reject) => {
      const end = (end: End): void => {
        if (end instanceof FlockError) reject(end);
        // CAST: planGroup answers each operation with the outcome type that OutcomeOf gives for its kind.
        else resolve(end as OutcomeOf<O>);
      };
      this.#enqueue({ operation, giveUpAtMs: giveUpAtMs(waitMs), end });
    });
  }

  /** Carries out operations as {@link submit} does, each alone; returns their ends in their order. */
  submitAll(operations: readonly Operation[], waitMs?: number): Promise<readonly End[]> {
    if (operations.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const ends = new Array<End>(operations.length);
      let waiting = operations.length;
      for (const [index, operation] of operations.entries()) {
        const end = (end: End): void => {
          ends[index] = end;
          waiting -= 1;
          if (waiting === 0) resolve(ends);
        };
        this.#enqueue({ operation, giveUpAtMs: giveUpAtMs(waitMs), end });
      }
    });
  }

  /** Waits until everything submitted so far is answered. */
  async drain(): Promise<void> {
    this.#hurry();
    while (this.#pumps.size > 0) await Promise.all(this.#pumps);
  }

  #enqueue(waiting: Waiting): void {
    if (this.#queue.length >= this.#options.queueMax) {
      return waiting.end(new FlockError("resource_exhausted", "the ledger has too much to do"));
    }
    this.#queue.push(waiting);
    if (ruleOf(waiting.operation).isPatient !== true) this.#isUrgent = true;
    else this.#gathering ??= setTimeout(() => this.#hurry(), GATHER_MS);
    if (this.#wantsPump()) this.#startPump();
  }

  #hurry(): void {
    this.#isUrgent = true;
    if (this.#wantsPump()) this.#startPump();
  }

  /** The queue is to be looked at now. */
  #isDue(): boolean {
    return this.#queue.length > 0 && (this.#isUrgent || this.#queue.length >= GATHERED_MAX);
  }

  /** A second group is under way only when it is worth a commit of its own; it keeps process and database both busy. */
  #wantsPump(): boolean {
    if (!this.#isDue()) return false;
    return this.#pumping === 0 || (this.#pumping === 1 && this.#queue.length >= SECOND_GROUP_MIN);
  }

  #startPump(): void {
    this.#pumping += 1;
    const pump = this.#pump().finally(() => this.#pumps.delete(pump));
    this.#pumps.add(pump);
  }

  async #pump(): Promise<void> {
    // What arrived in the same turn of the event loop goes together.
    await nextTick();
    while (this.#isDue()) await this.#carryOut(this.#next());
    // In the same turn as the look at the queue: what is submitted from now on starts a pump of its own.
    this.#pumping -= 1;
  }

  #next(): Waiting[] {
    const group = this.#queue.splice(0, this.#options.groupMax);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    // More than a group's worth is waiting: the next one follows at once.
    this.#isUrgent = this.#queue.length > 0;
    return group;
  }

  /** Answers every member of the group, one way or the other; never rejects. */
  async #carryOut(members: readonly Waiting[]): Promise<void> {
    let group = giveUpLate(members);
    for (let attempt = 1; group.length > 0; attempt++) {
      try {
        const operations = group.map((member) => member.operation);
        const { outcomes, commit } = await this.#commit(operations, attempt > 1);
        for (const [index, outcome] of outcomes.entries()) group[index]?.end(outcome);
        await nextTick(); // They are answered before anything else is done about the commit.
        if (commit !== undefined) this.#options.onCommit(commit);
        return;
      } catch (thrown) {
        const refusal = writeRefusalOf(thrown);
        const error = databaseError(thrown);
        const isOutdated = refusal === "outdated";
        if (refusal === "epoch_over" && attempt <= REPLANS_MAX) {
          await this.#turnEpoch();
        } else if (isOutdated && attempt <= REPLANS_MAX) {
          if (attempt > 1) await sleep(retryDelayMs(attempt));
        } else if (isOutdated || error.retry === "never") {
          return await this.#isolate(group, thrown);
        } else {
          await sleep(retryDelayMs(attempt));
          group = giveUpLate(group, error);
        }
      }
    }
  }

  /** Halves a refused group until the member at fault is alone, and answers that one. */
  async #isolate(group: readonly Waiting[], thrown: unknown): Promise<void> {
    const [only] = group;
    if (only !== undefined && group.length === 1) {
      if (writeRefusalOf(thrown) === "pool_exhausted") only.end({ kind: "pool_exhausted" });
      else only.end(refused(thrown));
      return;
    }
    const middle = Math.ceil(group.length / 2);
    await this.#carryOut(group.slice(0, middle));
    await this.#carryOut(group.slice(middle));
  }

  async #commit(operations: readonly Operation[], readsAll: boolean): Promise<CarriedOut> {
    const startedMs = performance.now();
    const facts = await this.#facts(operations, readsAll);
    const plan = planGroup(operations, facts, this.#options.parameters().values);
    const { outcomes, transfers } = plan;
    if (transfers.length === 0) return { outcomes, commit: undefined };
    const accountIds = {
      get: (code: AccountCode) => facts.accountIds.get(code) ?? this.#protocolIds.get(code),
    };
    const written = await writeCommit(this.#pool, transfers, plan.settlements, accountIds);
    const durationMs = performance.now() - startedMs;
    this.#remembered.note(transfers, accountIds);
    return { outcomes, commit: { operations: operations.length, durationMs, written, transfers } };
  }

  /** What keeps it from turning keeps the commit from being made as well, and is met there. */
  async #turnEpoch(): Promise<void> {
    await turnEpoch(this.#pool, this.#options.parameters()).catch(() => false);
  }

  /** The facts of a group, remembered or read, with the accounts that it needs opened. */
  async #facts(operations: readonly Operation[], readsAll: boolean): Promise<GroupFacts> {
    const facts = noFacts();
    const unknown = readsAll ? operations : this.#remembered.recall(operations, facts);
    await readFacts(this.#pool, unknown, facts);
    const opened = unknown.flatMap((operation) => ruleOf(operation).opens(operation));
    const missing = new Set(opened.filter((code) => !facts.accountIds.has(code)));
    if (missing.size === 0) return facts;
    await openAccounts(this.#pool, [...missing]);
    await readFacts(this.#pool, unknown, facts);
    return facts;
  }
}

function giveUpAtMs(waitMs = WAIT_MAX_MS): number {
  return performance.now() + Math.min(waitMs, WAIT_MAX_MS);
}

/** Refuses the members whose time is up and returns the others. */
function giveUpLate(group: readonly Waiting[], error?: FlockError): Waiting[] {
  const nowMs = performance.now();
  return group.filter((member) => {
    if (member.giveUpAtMs > nowMs) return true;
    member.end(new FlockError("unavailable", "the ledger cannot reach its database", { cause: error }));
    return false;
  });
}

/** A refusal that another attempt may cure is `aborted`; anything else is what the database said. */
function refused(thrown: unknown): FlockError {
  if (writeRefusalOf(thrown) !== "outdated") return databaseError(thrown);
  return new FlockError("aborted", "the ledger could not do this against concurrent changes", {
    cause: thrown,
  });
}
