import type { Mesh, ShutOutView } from "@flock/mesh";
import { decodeWire, MESSAGE_BYTES_MAX, SUBJECTS } from "@flock/proto";
import { Offence, WorkerAnnouncement } from "@flock/proto/workers";
import type { Msg } from "@nats-io/nats-core";
import { type AnnouncementBounds, readHeartbeat } from "../domain/announcement.js";
import type { Registry } from "../domain/registry.js";
import type { Fleet } from "../fleet.js";
import type { IdleWatch } from "../idle-watch.js";
import type { ModelDescriber } from "../model-describer.js";
import type { OffenceRecords } from "../offence-records.js";

export interface HeartbeatParts {
  readonly mesh: Mesh;
  readonly registry: Registry;
  readonly fleet: Fleet;
  readonly describer: ModelDescriber;
  readonly offences: Pick<OffenceRecords, "add">;
  readonly shutOut: Pick<ShutOutView, "has">;
  readonly idle: Pick<IdleWatch, "heardShutOut">;
  readonly bounds: AnnouncementBounds;
}

/** Takes what workers publish on `hb.<worker>`: heartbeats and descriptions of models. */
export function heartbeatsReceiver(parts: HeartbeatParts): (msg: Msg) => void {
  const { mesh, registry, fleet, describer, offences, shutOut, idle, bounds } = parts;
  const source = SUBJECTS.allHeartbeats;
  const drop = (workerId: string, reason: string, offence?: Offence): void => {
    mesh.dropped.drop(source, reason, { workerId });
    if (offence !== undefined) offences.add(workerId, offence);
  };

  return (msg) => {
    // The subject is what NATS permissions bind to the worker's credential; the message must agree with it.
    const workerId = SUBJECTS.workerOf(msg.subject);
    if (shutOut.has(workerId)) {
      idle.heardShutOut(workerId);
      return drop(workerId, "shut_out");
    }
    const decoded = decodeWire(WorkerAnnouncement, msg.data, MESSAGE_BYTES_MAX.announcement);
    // A worker with very many models may have too large a heartbeat, and one that is newer another version.
    if (!decoded.ok)
      return drop(workerId, decoded.reason, decoded.reason === "malformed" ? Offence.MALFORMED : undefined);
    const { body } = decoded.message;
    if (body === undefined) return drop(workerId, "empty");
    if (body.value.workerId !== workerId) return drop(workerId, "wrong_worker", Offence.OTHERS_NAME);
    if (body.$case === "heartbeat") {
      const read = readHeartbeat(body.value, workerId, bounds);
      if (typeof read === "string") drop(workerId, read);
      else fleet.hear(read);
      return;
    }
    const worker = registry.find(workerId);
    if (worker === undefined) drop(workerId, "unknown_worker");
    else describer.take(body.value, worker);
  };
}
