import type { MeshSigner } from "@flock/keys";
import { type Mesh, signedBy } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { WorkerControl } from "@flock/proto/jobs";
import type { Worker } from "./domain/worker.js";

/** What the router tells workers, signed. */
export class WorkerControls {
  readonly #mesh: Mesh;
  readonly #signer: MeshSigner;

  constructor(mesh: Mesh, signer: MeshSigner) {
    this.#mesh = mesh;
    this.#signer = signer;
  }

  /** Asks a worker to describe one of its models; it answers on its heartbeat subject. */
  askForDescription(workerId: string, model: string): void {
    this.#send(workerId, { $case: "describeModel", value: { model } });
  }

  /** Tells a worker for how long its breaker stays open. No effect unless it is. */
  holdOff(worker: Worker, nowMs: number): void {
    const durationMs = Math.ceil(worker.breaker.openForMs(nowMs));
    if (durationMs === 0) return;
    const reason = "too many failed jobs in a row";
    this.#send(worker.workerId, { $case: "holdOff", value: { durationMs, reason } });
  }

  #send(workerId: string, command: WorkerControl["command"]): void {
    const subject = SUBJECTS.control(workerId);
    const message = encode(WorkerControl, { version: PROTOCOL_VERSION, command });
    this.#mesh.nats.publish(subject, message, { headers: signedBy(this.#signer, subject, message) });
  }
}
