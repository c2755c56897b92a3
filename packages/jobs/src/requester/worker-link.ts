import type { Mesh } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS, WorkerControl } from "@flock/proto";

/** What a requester tells workers. */
export class WorkerLink {
  readonly #mesh: Mesh;
  readonly #requesterId: string;
  /** Dead leases whose workers were already told to stop, until {@link forgetTold}. */
  readonly #told = new Set<string>();

  constructor(mesh: Mesh, requesterId: string) {
    this.#mesh = mesh;
    this.#requesterId = requesterId;
  }

  /** Tells a worker to stop a lease. */
  cancel(workerId: string, jobId: string, lease: number): void {
    this.#send(workerId, { $case: "cancel", value: { jobId, lease } });
  }

  /** The same for a worker that runs a lease which is not the live one, once in a while: it may report very often. */
  stopDead(workerId: string, jobId: string, lease: number): void {
    const key = `${workerId} ${jobId} ${lease}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.cancel(workerId, jobId, lease);
  }

  forgetTold(): void {
    this.#told.clear();
  }

  /** Says that this requester lives. */
  sayAlive(workerIds: Iterable<string>): void {
    const value = { requesterId: this.#requesterId };
    for (const workerId of workerIds) this.#send(workerId, { $case: "requesterAlive", value });
  }

  #send(workerId: string, command: WorkerControl["command"]): void {
    const message = encode(WorkerControl, { version: PROTOCOL_VERSION, command });
    this.#mesh.nats.publish(SUBJECTS.control(workerId), message);
  }
}
