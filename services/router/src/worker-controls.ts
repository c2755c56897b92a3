import type { Mesh } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { WorkerControl } from "@flock/proto/jobs";
import type { Worker } from "./domain/worker.js";

function send(mesh: Mesh, workerId: string, command: WorkerControl["command"]): void {
  const control = { version: PROTOCOL_VERSION, command };
  mesh.nats.publish(SUBJECTS.control(workerId), encode(WorkerControl, control));
}

/** Asks a worker to describe one of its models; it answers on its heartbeat subject. */
export function askForDescription(mesh: Mesh, workerId: string, model: string): void {
  send(mesh, workerId, { $case: "describeModel", value: { model } });
}

/** Tells a worker for how long its breaker stays open. No effect unless it is. */
export function holdOff(mesh: Mesh, worker: Worker, nowMs: number): void {
  const durationMs = Math.ceil(worker.breaker.openForMs(nowMs));
  if (durationMs === 0) return;
  const reason = "too many failed jobs in a row";
  send(mesh, worker.workerId, { $case: "holdOff", value: { durationMs, reason } });
}
