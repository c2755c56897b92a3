/** What the queue must know of a job. */
export interface FairJob {
  readonly jobId: string;
  readonly accountId: string;
  /** Share of its account relative to others; > 0. */
  readonly weight: number;
  /** It had its turn before (a ticket that was lost, a worker that failed): it goes before its account's other jobs. */
  readonly isReturning: boolean;
}

/** One account's queued jobs. */
interface Flow<J> {
  /** First in, first out, each; `returning` before `waiting`. */
  readonly returning: Map<string, J>;
  readonly waiting: Map<string, J>;
  /** Virtual time at which its next job starts. */
  startTag: number;
  /** When the account last had a job started here or, if that is later, began to wait. */
  servedAtMs: number;
  /** The queue's number of starts at that moment. */
  servedAtStart: number;
}

/** What is known of accounts beyond one queue. */
export interface AccountHistory {
  /** Grows with each start of a job of the account, of any model; 0 if it had none. */
  lastStart(accountId: string): number;
  /** False if the starvation bound has already put a job of the account first, of any model, within that bound. */
  mayBeRescued(accountId: string, nowMs: number): boolean;
}

/** The job to start next. */
export interface Candidate<J> {
  readonly job: J;
  /** Chosen by the starvation bound; else by its tag. */
  readonly isRescue: boolean;
}

/** Finish tags of accounts that wait for nothing, kept at most; the oldest goes first. */
const IDLE_ACCOUNTS_MAX = 2_000;

/**
 * The jobs that wait for one model, in fair order: start-time fair queuing between accounts (Goyal, Vin, Cheng 1996)
 * with a starvation bound.
 *
 * Each started job of weight w moves its account's start tag on by 1/w; the job whose account has the smallest tag is
 * next; virtual time is the tag of the job that was started last, and an account that begins to wait starts there. So
 * accounts that wait share the starts in proportion to their weights, however many jobs each of them queued, and an
 * account's first job waits for no more than one job of any other account of its weight:
 *
 *   A queues a1..a200 at tags 0, 1, 2, …; a1..a3 have started (virtual time 2). B queues b1: tag 2, A's next tag is 3,
 *   so b1 is next.
 *
 * A job costs 1 whatever its size: the time that it will take is unknown when it starts, and clients would be rewarded
 * for low guesses.
 *
 * The starvation bound: an account that has waited for longer, while others were started, goes first with one job per
 * bound; of several, the one that has waited longest. The bound is per account: per job it would give the queue to the
 * account that queued most. It protects small weights. And it protects accounts that have had their turn: new accounts
 * start at the present virtual time, and would otherwise go before them as long as they keep coming.
 */
export class FairQueue<J extends FairJob> {
  readonly #starvationBoundMs: number;
  readonly #history: AccountHistory;
  readonly #flows = new Map<string, Flow<J>>();
  readonly #idleFinishTags = new Map<string, number>();
  #virtualTime = 0;
  #starts = 0;
  #size = 0;

  constructor(starvationBoundMs: number, history: AccountHistory) {
    this.#starvationBoundMs = starvationBoundMs;
    this.#history = history;
  }

  get size(): number {
    return this.#size;
  }

  add(job: J, nowMs: number): void {
    let flow = this.#flows.get(job.accountId);
    if (flow === undefined) {
      const finishTag = this.#idleFinishTags.get(job.accountId) ?? 0;
      this.#idleFinishTags.delete(job.accountId);
      flow = {
        returning: new Map(),
        waiting: new Map(),
        startTag: Math.max(this.#virtualTime, finishTag),
        servedAtMs: nowMs,
        servedAtStart: this.#starts,
      };
      this.#flows.set(job.accountId, flow);
    }
    (job.isReturning ? flow.returning : flow.waiting).set(job.jobId, job);
    this.#size += 1;
  }

  /** The next job in fair order of those that `isStartable` accepts. */
  next(nowMs: number, isStartable: (job: J) => boolean): Candidate<J> | undefined {
    let best: { job: J; flow: Flow<J>; isRescue: boolean } | undefined;
    for (const [accountId, flow] of this.#flows) {
      const isRescue = this.#isStarving(flow, nowMs) && this.#history.mayBeRescued(accountId, nowMs);
      if (best !== undefined && !this.#isBefore(accountId, flow, isRescue, best)) continue;
      const job = firstOf(flow, isStartable);
      if (job !== undefined) best = { job, flow, isRescue };
    }
    return best;
  }

  /** Takes a queued job out because it starts; its account has had its turn. */
  start(job: J, nowMs: number): void {
    const flow = this.#take(job);
    if (flow === undefined) return;
    this.#virtualTime = Math.max(this.#virtualTime, flow.startTag);
    flow.startTag += 1 / job.weight;
    this.#starts += 1;
    flow.servedAtMs = nowMs;
    flow.servedAtStart = this.#starts;
    this.#settle(job.accountId, flow);
  }

  /** Takes a queued job out because it is not wanted any more. Returns false if it was not queued. */
  remove(job: J): boolean {
    const flow = this.#take(job);
    if (flow !== undefined) this.#settle(job.accountId, flow);
    return flow !== undefined;
  }

  /** How many queued jobs are expected to start before this one, if nothing else arrives; undefined if not queued. */
  aheadOf(job: J): number | undefined {
    const flow = this.#flows.get(job.accountId);
    if (flow === undefined) return undefined;
    const index = [...flow.returning.keys(), ...flow.waiting.keys()].indexOf(job.jobId);
    if (index < 0) return undefined;
    const tag = flow.startTag + index / job.weight;
    let ahead = index;
    for (const other of this.#flows.values()) {
      const head = other === flow ? undefined : firstOf(other, () => true);
      if (head === undefined) continue;
      const started = Math.ceil((tag - other.startTag) * head.weight);
      ahead += Math.min(Math.max(started, 0), other.returning.size + other.waiting.size);
    }
    return ahead;
  }

  #isStarving(flow: Flow<J>, nowMs: number): boolean {
    return nowMs - flow.servedAtMs > this.#starvationBoundMs && flow.servedAtStart < this.#starts;
  }

  #isBefore(
    accountId: string,
    flow: Flow<J>,
    isRescue: boolean,
    best: { job: J; flow: Flow<J>; isRescue: boolean },
  ): boolean {
    if (isRescue !== best.isRescue) return isRescue;
    if (isRescue) return flow.servedAtMs < best.flow.servedAtMs;
    if (flow.startTag !== best.flow.startTag) return flow.startTag < best.flow.startTag;
    return this.#history.lastStart(accountId) < this.#history.lastStart(best.job.accountId);
  }

  #take(job: J): Flow<J> | undefined {
    const flow = this.#flows.get(job.accountId);
    if (flow === undefined) return undefined;
    if (!flow.returning.delete(job.jobId) && !flow.waiting.delete(job.jobId)) return undefined;
    this.#size -= 1;
    return flow;
  }

  /**
   * An account without queued jobs keeps its tag until virtual time has passed it. That holds for an empty queue too:
   * an account that has just filled the slots does not start level with the next one.
   */
  #settle(accountId: string, flow: Flow<J>): void {
    if (flow.returning.size > 0 || flow.waiting.size > 0) return;
    this.#flows.delete(accountId);
    if (flow.startTag > this.#virtualTime) this.#idleFinishTags.set(accountId, flow.startTag);
    for (const [oldest, finishTag] of this.#idleFinishTags) {
      if (finishTag > this.#virtualTime && this.#idleFinishTags.size <= IDLE_ACCOUNTS_MAX) return;
      this.#idleFinishTags.delete(oldest);
    }
  }
}

function firstOf<J>(flow: Flow<J>, isStartable: (job: J) => boolean): J | undefined {
  for (const job of flow.returning.values()) if (isStartable(job)) return job;
  for (const job of flow.waiting.values()) if (isStartable(job)) return job;
  return undefined;
}
