import type { Mesh } from "@flock/mesh";
import { MESSAGE_BYTES_MAX, SUBJECTS } from "@flock/proto";
import { type Complaint, Complaints, type WrongDigest } from "@flock/proto/router";
import type { Msg } from "@nats-io/nats-core";
import type { CatalogueKeeper } from "../catalogue-keeper.js";
import type { Registry } from "../domain/registry.js";
import type { Fleet } from "../fleet.js";
import type { OffenceRecords } from "../offence-records.js";

export interface ComplaintsParts {
  readonly mesh: Mesh;
  readonly registry: Registry;
  readonly catalogue: CatalogueKeeper;
  readonly fleet: Fleet;
  readonly offences: OffenceRecords;
}

/** Of one complaint: more than enough to cut a worker off, or to open its breaker. */
const COUNT_MAX = 1_000;
const FAILURES_MAX = 16;

/** Takes what requesters publish on `router.complaints`. Of several routers, one gets each message. */
export function complaintsReceiver({ mesh, registry, catalogue, fleet, offences }: ComplaintsParts) {
  const isExplained = (workerId: string, { model, digest }: WrongDigest): boolean =>
    digest === registry.find(workerId)?.announced.get(model)?.digest ||
    digest === catalogue.pinOf(model)?.digest;

  const take = ({ workerId, about, count }: Complaint): void => {
    if (about?.$case === "offence") return offences.add(workerId, about.value, Math.min(count, COUNT_MAX));
    // The pin may have been renewed, or the worker have pulled the model anew, while its claim was on its way.
    if (about?.$case === "wrongDigest" && isExplained(workerId, about.value)) return;
    if (about === undefined) return;
    for (let failure = 0; failure < Math.min(count, FAILURES_MAX); failure++) fleet.judge(workerId, "failed");
  };

  return (msg: Msg): void => {
    const bytesMax = MESSAGE_BYTES_MAX.complaints;
    const message = mesh.dropped.decode(SUBJECTS.complaints, Complaints, msg.data, bytesMax);
    for (const complaint of message?.complaints ?? []) take(complaint);
  };
}
