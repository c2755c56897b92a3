import { type Mesh, Outbox } from "@flock/mesh";
import { encode, isSubjectToken, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { type Complaint, Complaints as ComplaintsMessage } from "@flock/proto/router";
import type { Offence } from "@flock/proto/workers";

/** What is complained of meanwhile goes together. Nobody waits for it. */
const GATHER_MS = 50;
/** Of one message: far below its bound. */
const COMPLAINTS_MAX = 256;

type About = NonNullable<Complaint["about"]>;

/** Tells the routers what workers did that they should not have: equal complaints together, with their number. */
export class Complaints {
  readonly #mesh: Mesh;
  readonly #outbox: Outbox<Complaint>;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#outbox = new Outbox((complaints) => this.#send(complaints), {
      gatherMs: GATHER_MS,
      itemsMax: 4 * COMPLAINTS_MAX,
    });
  }

  /** `workerId`: from the subject, which NATS lets nobody else publish to. */
  offence(workerId: string, value: Offence): void {
    this.#add(workerId, { $case: "offence", value });
  }

  /** What a worker may get wrong once, but not again and again. */
  fault(workerId: string, about: Exclude<About, { $case: "offence" }>): void {
    this.#add(workerId, about);
  }

  flush(): void {
    this.#outbox.flush();
  }

  #add(workerId: string, about: About): void {
    if (isSubjectToken(workerId)) this.#outbox.add({ workerId, about, count: 1 });
  }

  #send(complaints: readonly Complaint[]): void {
    const summed = new Map<string, Complaint>();
    for (const complaint of complaints) {
      const key = `${complaint.workerId} ${JSON.stringify(complaint.about)}`;
      const known = summed.get(key);
      if (known === undefined) summed.set(key, { ...complaint });
      else known.count += complaint.count;
    }
    const all = [...summed.values()];
    for (let from = 0; from < all.length; from += COMPLAINTS_MAX) {
      const message = { version: PROTOCOL_VERSION, complaints: all.slice(from, from + COMPLAINTS_MAX) };
      this.#mesh.nats.publish(SUBJECTS.complaints, encode(ComplaintsMessage, message));
    }
  }
}
