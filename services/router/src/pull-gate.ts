import type { Clock, Mesh } from "@flock/mesh";
import { HEADERS, isSubjectToken, nextTicketSubject, PULL_WAIT_MS, SUBJECTS } from "@flock/proto";
import { Offence } from "@flock/proto/workers";
import { headers, type Msg } from "@nats-io/nats-core";
import { type PullAdmission, type PullRefusal, REFUSALS } from "./domain/pull-admission.js";
import type { RouterMetrics } from "./metrics.js";
import type { OffenceRecords } from "./offence-records.js";

/** One ticket, for as long as all pulls wait: whatever else a worker asks for is not passed on. */
const REQUEST = JSON.stringify({ batch: 1, expires: PULL_WAIT_MS * 1_000_000 });

const WAY_BYTES_MAX = 64;
const NO_BYTES = new Uint8Array();

export interface PullGateParts {
  readonly mesh: Mesh;
  readonly admission: PullAdmission;
  readonly offences: OffenceRecords;
  readonly clock: Clock;
  readonly metrics: RouterMetrics;
}

/**
 * Takes the pulls of workers, who have no right in JetStream, and asks in their name: the ticket goes to the worker
 * without coming by here. Who pulls is read from the subject, which NATS binds to its credential, and where the ticket
 * goes to begins with the same id: no worker can have one sent elsewhere.
 */
export class PullGate {
  readonly #parts: PullGateParts;

  constructor(parts: PullGateParts) {
    this.#parts = parts;
  }

  receive(msg: Msg): void {
    const { mesh, admission, offences, clock, metrics } = this.#parts;
    const workerId = SUBJECTS.workerOf(msg.subject);
    const consumer = SUBJECTS.consumerOfPull(msg.subject);
    const way = msg.data.length > WAY_BYTES_MAX ? "" : msg.string();
    if (!isSubjectToken(way) || !isSubjectToken(workerId)) {
      metrics.countPull("malformed");
      offences.add(workerId, Offence.MALFORMED);
      return mesh.dropped.drop(SUBJECTS.allPulls, "malformed");
    }
    const reply = SUBJECTS.delivery(workerId, way);
    const verdict = admission.decide(workerId, consumer, clock.nowMs());
    metrics.countPull(verdict.kind === "passed" ? "passed" : verdict.reason);
    if (verdict.kind === "passed") mesh.nats.publish(nextTicketSubject(consumer), REQUEST, { reply });
    else if (verdict.kind === "refused") this.#refuse(reply, verdict.reason, verdict.retryAfterMs);
    else mesh.dropped.drop(SUBJECTS.allPulls, verdict.reason, { workerId });
  }

  #refuse(reply: string, reason: PullRefusal, retryAfterMs: number): void {
    const { status, description } = REFUSALS[reason];
    const refusal = headers(status, description);
    refusal.set(HEADERS.retryAfterMs, String(retryAfterMs));
    this.#parts.mesh.nats.publish(reply, NO_BYTES, { headers: refusal });
  }
}
