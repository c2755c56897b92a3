import type { Mesh } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { WorkerControl } from "@flock/proto/jobs";

/** A lease, as workers report of it. */
export interface LeaseName {
  readonly jobId: string;
  readonly lease: number;
}

/** What a requester tells workers. */
export class WorkerLink {
  readonly #mesh: Mesh;
  /** Dead leases whose workers were already told to stop, until {@link forgetTold}. */
  readonly #told = new Set<string>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  /** Tells a worker to stop a lease. */
  cancel(workerId: string, { jobId, lease }: LeaseName): void {
    this.#send(workerId, { $case: "cancel", value: { jobId, lease } });
  }

  /**
   * The same for a worker that runs a lease which is not the live one, once in a while: it may report very often. Each
   * address answers for itself.
   */
  stopDead(requesterId: string, workerId: string, name: LeaseName): void {
    const key = `${requesterId} ${workerId} ${name.jobId} ${name.lease}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.cancel(workerId, name);
  }

  forgetTold(): void {
    this.#told.clear();
  }

  /** Says that the requester at this address lives. */
  sayAlive(requesterId: string, workerIds: Iterable<string>): void {
    const value = { requesterId };
    for (const workerId of workerIds) this.#send(workerId, { $case: "requesterAlive", value });
  }

  #send(workerId: string, command: WorkerControl["command"]): void {
    const message = encode(WorkerControl, { version: PROTOCOL_VERSION, command });
    this.#mesh.nats.publish(SUBJECTS.control(workerId), message);
  }
}
