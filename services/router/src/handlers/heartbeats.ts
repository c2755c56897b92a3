import type { Mesh } from "@flock/mesh";
import { MESSAGE_BYTES_MAX, SUBJECTS } from "@flock/proto";
import { WorkerAnnouncement } from "@flock/proto/workers";
import type { Msg } from "@nats-io/nats-core";
import { type AnnouncementBounds, readHeartbeat } from "../domain/announcement.js";
import type { Registry } from "../domain/registry.js";
import type { Fleet } from "../fleet.js";
import type { ModelDescriber } from "../model-describer.js";

export interface HeartbeatParts {
  readonly mesh: Mesh;
  readonly registry: Registry;
  readonly fleet: Fleet;
  readonly describer: ModelDescriber;
  readonly bounds: AnnouncementBounds;
}

/** Takes what workers publish on `hb.<worker>`: heartbeats and descriptions of models. */
export function heartbeatsReceiver(parts: HeartbeatParts): (msg: Msg) => void {
  const { mesh, registry, fleet, describer, bounds } = parts;
  const source = SUBJECTS.allHeartbeats;
  return (msg) => {
    const announcement = mesh.dropped.decode(
      source,
      WorkerAnnouncement,
      msg.data,
      MESSAGE_BYTES_MAX.announcement,
    );
    if (announcement === undefined) return;
    // The subject is what NATS permissions bind to the worker's credential; the message must agree with it.
    const workerId = SUBJECTS.workerOf(msg.subject);
    const body = announcement.body;
    if (body?.$case === "heartbeat") {
      const read = readHeartbeat(body.value, workerId, bounds);
      if (typeof read === "string") mesh.dropped.drop(source, read);
      else fleet.hear(read);
    } else if (body?.$case === "modelDescription") {
      const worker = registry.find(workerId);
      if (worker === undefined || body.value.workerId !== workerId) mesh.dropped.drop(source, "wrong_worker");
      else describer.take(body.value, worker);
    } else {
      mesh.dropped.drop(source, "empty");
    }
  };
}
