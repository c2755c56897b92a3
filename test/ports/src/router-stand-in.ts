import { generateIdentity, meshSignerOf } from "@flock/keys";
import type { Mesh } from "@flock/mesh";
import { nextTicketSubject, PULL_WAIT_MS, SUBJECTS } from "@flock/proto";

/** What stands in for a router signs with this, and workers under test know it. */
export const meshSigner = meshSignerOf([generateIdentity()]);

/** Passes all pulls of a consumer on, whoever pulls: what a router does for workers that it lets pull. */
export function passPullsOn(mesh: Mesh, consumer: string): { unsubscribe(): void } {
  const request = JSON.stringify({ batch: 1, expires: PULL_WAIT_MS * 1e6 });
  return mesh.nats.subscribe(SUBJECTS.pull("*", consumer), {
    callback: (_, msg) => {
      const reply = SUBJECTS.delivery(SUBJECTS.workerOf(msg.subject), msg.string());
      mesh.nats.publish(nextTicketSubject(consumer), request, { reply });
    },
  });
}
