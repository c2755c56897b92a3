import type { MeshSigner } from "@flock/keys";
import { type Mesh, signedBy } from "@flock/mesh";
import { encode, isSubjectToken, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { WorkerControl } from "@flock/proto/jobs";
import type { MsgHdrs } from "@nats-io/nats-core";

/**
 * Dead leases that one worker is told of until {@link WorkerLink.forgetTold}: it can name thousands in one report, and
 * each would be a message. What it really runs it reports again.
 */
const TOLD_PER_WORKER_MAX = 16;

/** A lease, as workers report of it. */
export interface LeaseName {
  readonly jobId: string;
  readonly lease: number;
}

/** A command as it is sent. */
interface Signed {
  readonly message: Uint8Array;
  readonly headers: MsgHdrs;
}

/** Workers for whom the same command of an address is kept signed. */
const ALIVE_MAX = 16_384;

/** What a requester tells workers, signed. */
export class WorkerLink {
  readonly #mesh: Mesh;
  readonly #signer: MeshSigner;
  /** That an address lives, as it was said to a worker: it is said every second, and signing takes time. */
  readonly #alive = new Map<string, Signed>();
  /** By worker: dead leases that it was already told to stop, until {@link forgetTold}. */
  readonly #told = new Map<string, Set<string>>();

  constructor(mesh: Mesh, signer: MeshSigner) {
    this.#mesh = mesh;
    this.#signer = signer;
  }

  /** Tells a worker to stop a lease. */
  cancel(workerId: string, { jobId, lease }: LeaseName): void {
    this.#send(workerId, this.#sign(workerId, { $case: "cancel", value: { jobId, lease } }));
  }

  /**
   * The same for a worker that runs a lease which is not the live one, once in a while: it may report very often. Each
   * address answers for itself. True if it was told now.
   */
  stopDead(requesterId: string, workerId: string, name: LeaseName): boolean {
    const key = `${requesterId} ${name.jobId} ${name.lease}`;
    const told = this.#told.get(workerId) ?? new Set();
    if (told.has(key) || told.size >= TOLD_PER_WORKER_MAX || !isSubjectToken(name.jobId)) return false;
    this.#told.set(workerId, told.add(key));
    this.cancel(workerId, name);
    return true;
  }

  forgetTold(): void {
    this.#told.clear();
  }

  /** Says that the requester at this address lives. */
  sayAlive(requesterId: string, workerIds: Iterable<string>): void {
    for (const workerId of workerIds) {
      const key = `${requesterId} ${workerId}`;
      let signed = this.#alive.get(key);
      if (signed === undefined) {
        if (this.#alive.size >= ALIVE_MAX) this.#alive.clear();
        signed = this.#sign(workerId, { $case: "requesterAlive", value: { requesterId } });
        this.#alive.set(key, signed);
      }
      this.#send(workerId, signed);
    }
  }

  #sign(workerId: string, command: WorkerControl["command"]): Signed {
    const message = encode(WorkerControl, { version: PROTOCOL_VERSION, command });
    return { message, headers: signedBy(this.#signer, SUBJECTS.control(workerId), message) };
  }

  #send(workerId: string, { message, headers }: Signed): void {
    this.#mesh.nats.publish(SUBJECTS.control(workerId), message, { headers });
  }
}
