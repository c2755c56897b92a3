import type { Mesh } from "@flock/mesh";
import { nextTicketSubject, ticketConsumer } from "@flock/proto";
import { Ticket } from "@flock/proto/jobs";

/** A ticket as a worker gets it, and the subject that acknowledges this delivery. */
export interface PulledTicket {
  readonly ticket: Ticket;
  readonly ackSubject: string;
}

/** Pulls the model's next ticket as a router does for a worker. Undefined: none came in time. */
export async function pullTicket(
  mesh: Mesh,
  model: string,
  timeoutMs = 10_000,
): Promise<PulledTicket | undefined> {
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) return undefined;
    const pulled = await pullOnce(mesh, model, Math.min(leftMs, 1_000));
    if (pulled !== undefined) return pulled;
  }
}

/** Not over the client's shared inbox: a ticket arrives under its own subject, not the inbox's. */
function pullOnce(mesh: Mesh, model: string, waitMs: number): Promise<PulledTicket | undefined> {
  return new Promise((resolve) => {
    const inbox = mesh.newInbox();
    const done = (pulled?: PulledTicket): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      resolve(pulled);
    };
    const timer = setTimeout(done, waitMs + 500);
    const subscription = mesh.nats.subscribe(inbox, {
      callback: (_, msg) => {
        // A status (no consumer yet, no ticket in time) has nothing to reply to.
        if (!msg.reply) done();
        else done({ ticket: Ticket.decode(msg.data), ackSubject: msg.reply });
      },
    });
    const request = JSON.stringify({ batch: 1, expires: Math.round(waitMs * 1e6) });
    mesh.nats.publish(nextTicketSubject(ticketConsumer(model)), request, { reply: inbox });
  });
}
