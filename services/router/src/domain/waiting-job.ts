import type { TicketLane } from "@flock/proto";
import type { FairJob } from "./fair-queue.js";
import type { Worker } from "./worker.js";

/** How long a job waits for the worker that it prefers while others are idle: less than a person notices. */
export const PREFERENCE_WAIT_MS = 500;

/** Sequences kept per job; more tickets than this are never out at once for one job. */
const SEQUENCES_MAX = 8;

/** An acknowledgement (or the wish to put the ticket back) with the subject that the worker handed in. */
export interface HeldAck {
  readonly ackSubject: string;
  readonly verb: "ack" | "put-back";
}

/** What a route request says of a job, checked. */
export interface RoutedJob {
  readonly jobId: string;
  readonly requesterId: string;
  readonly accountId: string;
  /** Catalogue name with tag. */
  readonly model: string;
  readonly weight: number;
  /** On the router's clock. */
  readonly deadlineMs: number;
  /** Workers that failed it. */
  readonly excluded: ReadonlySet<string>;
  /** Workers that may never have it. Default: none. */
  readonly barred?: ReadonlySet<string>;
  /** The only worker that may have it. Default: any. */
  readonly onlyWorkerId?: string;
  /** No bridged worker may have it: prompts travel to them unsealed. Default: any may. */
  readonly needsSealing?: boolean;
  /** The worker that it is best given to. Default: none. */
  readonly preferredWorkerId?: string;
  /** The longest that it is to wait for its first worker. Default: as long as may be. */
  readonly queueMaxMs?: number;
  readonly isResumed: boolean;
  /** W3C trace context of the client's request; empty if there is none. */
  readonly traceparent: string;
}

/** What decides whether a worker may have a job. */
export type Taker = Pick<Worker, "workerId" | "isBridged" | "isQuarantined">;

/** Whom a job may go to. */
export interface Recipients {
  /** Now. */
  mayGoTo(worker: Taker): boolean;
}

/** Those of a job that any worker may have: a quarantined one is none of them, since the job does not name it. */
export const ANYBODY: Recipients = { mayGoTo: ({ isQuarantined }) => !isQuarantined };

const NOBODY: ReadonlySet<string> = new Set();

/**
 * A job that waits for a lease.
 *
 * - `new`: just routed. Taken in by the scheduler → `queued`.
 * - `queued`: in its model's fair queue. Chosen by the scheduler → `ticketed`.
 * - `ticketed`: a ticket is out. Granted → `gone`; ticket lost, or the job routed anew after a worker failed it
 *   → `queued`.
 * - `gone`: granted, given up, refused or forgotten. Kept only by what still waits for a reply about it.
 */
export class WaitingJob implements FairJob, Recipients {
  readonly jobId: string;
  readonly requesterId: string;
  readonly accountId: string;
  readonly model: string;
  readonly weight: number;
  readonly deadlineMs: number;
  readonly traceparent: string;
  readonly enqueuedAtMs: number;
  readonly barred: ReadonlySet<string>;
  readonly onlyWorkerId: string | undefined;
  readonly needsSealing: boolean;
  readonly queueMaxMs: number;
  /** Until then it waits for the worker that it prefers, though others are idle. */
  readonly holdsOutUntilMs: number;
  /** Undefined, too, once that worker had its chance. */
  preferredWorkerId: string | undefined;
  /** The worker that its ticket names because it prefers it; undefined: the ticket is for any that may have the job. */
  offeredTo: string | undefined;
  excluded: ReadonlySet<string>;
  isResumed: boolean;
  isReturning: boolean;
  renewedAtMs: number;
  phase: "new" | "queued" | "ticketed" | "gone" = "new";
  /** Since when no live worker that may have it serves the model, as far as noticed. */
  unservedSinceMs: number | undefined;
  /** Worker whose slot its ticket is counted against. */
  reservedAt: Worker | undefined;
  /** Where its latest ticket is. */
  lane: TicketLane = "ordinary";
  /** Number of the publication of its ticket; what comes back from an earlier one is out of date. */
  attempt = 0;
  publishedAtMs = 0;
  /** Publications whose sequence is not known yet. */
  unconfirmed = 0;
  /** Acknowledgements that came before the sequence that they must name was known. */
  heldAcks: HeldAck[] = [];
  /** How often its ticket was put back. */
  putBacks = 0;
  /** Sequences of its tickets in stream JOBS. */
  readonly #sequences: number[] = [];
  /** Those of `#sequences` that an earlier lease was made of. */
  readonly #spent = new Set<number>();

  constructor(routed: RoutedJob, nowMs: number) {
    this.jobId = routed.jobId;
    this.requesterId = routed.requesterId;
    this.accountId = routed.accountId;
    this.model = routed.model;
    this.weight = routed.weight;
    this.deadlineMs = routed.deadlineMs;
    this.traceparent = routed.traceparent;
    this.barred = routed.barred ?? NOBODY;
    this.onlyWorkerId = routed.onlyWorkerId;
    this.needsSealing = routed.needsSealing === true;
    this.excluded = routed.excluded;
    this.isResumed = routed.isResumed;
    // A worker has failed it already: it has waited for its turn once.
    this.isReturning = routed.isResumed || routed.excluded.size > 0;
    this.preferredWorkerId = routed.preferredWorkerId;
    this.queueMaxMs = routed.queueMaxMs ?? Number.POSITIVE_INFINITY;
    // Whoever was promised a short wait, or reads an answer already, waits for nobody in particular.
    const isPatient = !this.isReturning && this.queueMaxMs > 2 * PREFERENCE_WAIT_MS;
    this.holdsOutUntilMs = nowMs + (isPatient ? PREFERENCE_WAIT_MS : 0);
    this.enqueuedAtMs = nowMs;
    this.renewedAtMs = nowMs;
  }

  /** Not every worker of the model may have it. */
  get isRestricted(): boolean {
    return this.needsSealing || this.onlyWorkerId !== undefined || this.barred.size > 0;
  }

  mayGoTo(worker: Taker): boolean {
    return this.mayEverGoTo(worker) && !this.excluded.has(worker.workerId);
  }

  /** Also when what keeps the worker from it now is over. */
  mayEverGoTo({ workerId, isBridged, isQuarantined }: Taker): boolean {
    if (isBridged && this.needsSealing) return false;
    if (isQuarantined && this.onlyWorkerId !== workerId) return false;
    return (this.onlyWorkerId ?? workerId) === workerId && !this.barred.has(workerId);
  }

  get sequences(): readonly number[] {
    return this.#sequences;
  }

  get latestSequence(): number | undefined {
    return this.unconfirmed > 0 ? undefined : this.#sequences.at(-1);
  }

  addSequence(sequence: number): void {
    this.#sequences.push(sequence);
    const oldest = this.#sequences.length > SEQUENCES_MAX ? this.#sequences.shift() : undefined;
    if (oldest !== undefined) this.#spent.delete(oldest);
  }

  /** The ticket of that sequence is out of the stream. */
  dropSequence(sequence: number): void {
    const index = this.#sequences.indexOf(sequence);
    if (index >= 0) this.#sequences.splice(index, 1);
    this.#spent.delete(sequence);
  }

  /** The stream is new: its sequences mean other messages. */
  forgetSequences(): void {
    this.#sequences.length = 0;
    this.#spent.clear();
  }

  /** The tickets that are out have been used for a lease that is over. */
  spendSequences(): void {
    for (const sequence of this.#sequences) this.#spent.add(sequence);
  }

  isSpent(sequence: number): boolean {
    return this.#spent.has(sequence);
  }
}
