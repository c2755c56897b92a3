import type { TicketLane } from "@flock/proto";
import { HardwareClass, type ServedModel, WorkerState } from "@flock/proto/workers";
import type { Breaker, BreakerState } from "./breaker.js";
import type { Trust } from "./trust.js";
import { WorkerSlots } from "./worker-slots.js";

/** A live worker, as the router sees it. Changed only by {@link Registry}, except for its slots, breaker and trust. */
export class Worker {
  readonly slots = new WorkerSlots();
  startedUnixMs = 0;
  state: WorkerState = WorkerState.UNSPECIFIED;
  /** Jobs that it runs at once, as announced and capped. */
  slotCount = 0;
  /** What it announced, by canonical name. */
  announced: ReadonlyMap<string, ServedModel> = new Map();
  /** Those of `announced` whose digest is the catalogue's. */
  readonly admitted = new Map<string, ServedModel>();
  /** A bridge speaks for it: it is given what no ordinary worker is free for, and says nothing about models. */
  isBridged = false;
  /** When its last heartbeat came. */
  heardMs = 0;
  /** What it says that it has; nothing is decided by it. */
  hardware: HardwareClass = HardwareClass.UNSPECIFIED;
  /** The same, for the verifier; empty: unknown. */
  engine = "";
  /** It counts as gone when nothing is heard of it until then. */
  liveUntilMs = 0;
  /** The verifier's evidence is against it: it may have only jobs that name it. */
  isQuarantined = false;
  /** A requester reported it lost: it gets nothing until it is heard again. */
  isSuspect = false;
  /** It did not take a ticket for which one of its slots was reserved: it has one slot, until it takes a job. */
  isIgnoringTickets = false;

  /** Where the tickets are that it pulls. */
  get lane(): TicketLane {
    return this.isBridged ? "bridged" : "ordinary";
  }

  constructor(
    readonly workerId: string,
    readonly breaker: Breaker,
    readonly trust: Trust,
  ) {}

  /** Jobs that it may run at once now. */
  capacity(nowMs: number): number {
    if (this.state !== WorkerState.READY || this.isSuspect) return 0;
    const breaker: BreakerState = this.breaker.state(nowMs);
    if (breaker === "open") return 0;
    const trusted = Math.min(this.slotCount, this.slots.leases + this.trust.left(nowMs));
    if (breaker === "half-open") return Math.min(trusted, 1);
    return this.isIgnoringTickets ? Math.min(trusted, this.slots.leases + 1) : trusted;
  }

  hasFreeSlot(nowMs: number): boolean {
    return this.slots.taken < this.slotCount && this.slots.taken < this.capacity(nowMs);
  }
}
