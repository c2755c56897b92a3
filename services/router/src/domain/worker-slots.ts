/** A lease that the worker does not list in its heartbeat is believed for this long: the heartbeat may be older. */
const LEASE_GRACE_MS = 1_000;
/** A lease that has ended is not taken back from a heartbeat that was sent before the end. */
const ENDED_MEMORY_MS = 2_000;
const ENDED_MAX = 4_096;

/** One lease, as heartbeats list it. */
export interface LeaseName {
  readonly jobId: string;
  readonly lease: number;
}

/** What is remembered of a lease while it runs. */
export interface LeaseFacts {
  /** Model of the job, if this router routed it. */
  readonly model: string | undefined;
}

interface Lease extends LeaseFacts {
  readonly sinceMs: number;
  /** Its requester has told of it; else it is the worker's own word. */
  readonly isGranted: boolean;
}

/** One word for a lease. */
export function leaseKey(jobId: string, lease: number): string {
  return `${lease}/${jobId}`;
}

/**
 * Which of one worker's slots are taken: by leases (granted, not ended) and by reservations (a ticket is out that this
 * worker may pull). Leases follow the requesters' updates at once and are put right by each heartbeat.
 *
 * `free = capacity - leases - reservations`, where the capacity is what the worker may run at this moment.
 */
export class WorkerSlots {
  readonly #leases = new Map<string, Lease>();
  readonly #ended = new Map<string, number>();
  readonly #reservedBy = new Map<string, number>();

  get leases(): number {
    return this.#leases.size;
  }

  /** Those of them that are not the worker's own word. */
  get granted(): number {
    let count = 0;
    for (const { isGranted } of this.#leases.values()) if (isGranted) count += 1;
    return count;
  }

  /** Models of the running jobs, one for each; of jobs that another router routed none is known. */
  get models(): string[] {
    return [...this.#leases.values()].flatMap(({ model }) => model ?? []);
  }

  get taken(): number {
    return this.#leases.size + this.#reservedBy.size;
  }

  reserve(jobId: string, nowMs: number): void {
    this.#reservedBy.set(jobId, nowMs);
  }

  /** Idempotent. */
  release(jobId: string): void {
    this.#reservedBy.delete(jobId);
  }

  /** Jobs whose reservation is older than `ageMaxMs`. */
  staleReservations(ageMaxMs: number, nowMs: number): string[] {
    const stale: string[] = [];
    for (const [jobId, sinceMs] of this.#reservedBy) if (nowMs - sinceMs > ageMaxMs) stale.push(jobId);
    return stale;
  }

  /** All reservations count as made now. */
  renewReservations(nowMs: number): void {
    for (const jobId of this.#reservedBy.keys()) this.#reservedBy.set(jobId, nowMs);
  }

  grant(jobId: string, lease: number, facts: LeaseFacts, nowMs: number): void {
    const key = leaseKey(jobId, lease);
    if (!this.#ended.has(key)) this.#leases.set(key, { ...facts, sinceMs: nowMs, isGranted: true });
  }

  /** Frees the slot; returns what was remembered of the lease. Idempotent. */
  end(jobId: string, lease: number, nowMs: number): LeaseFacts | undefined {
    const key = leaseKey(jobId, lease);
    const known = this.#leases.get(key);
    this.#leases.delete(key);
    this.#ended.set(key, nowMs);
    this.#forgetEnded(nowMs);
    return known;
  }

  /** Takes over what the worker says it runs. Returns true if the number of leases changed. */
  reconcile(active: readonly LeaseName[], nowMs: number): boolean {
    const before = this.#leases.size;
    this.#forgetEnded(nowMs);
    const listed = new Set(active.map(({ jobId, lease }) => leaseKey(jobId, lease)));
    for (const [key, lease] of this.#leases) {
      if (!listed.has(key) && nowMs - lease.sinceMs > LEASE_GRACE_MS) this.#leases.delete(key);
    }
    for (const key of listed) {
      if (!this.#leases.has(key) && !this.#ended.has(key))
        this.#leases.set(key, { model: undefined, sinceMs: nowMs, isGranted: false });
    }
    return this.#leases.size !== before;
  }

  /** The worker's process was restarted: nothing that was granted to the old one runs any more. */
  dropLeases(): void {
    this.#leases.clear();
  }

  #forgetEnded(nowMs: number): void {
    for (const [key, endedAtMs] of this.#ended) {
      if (nowMs - endedAtMs <= ENDED_MEMORY_MS && this.#ended.size <= ENDED_MAX) return;
      this.#ended.delete(key);
    }
  }
}
