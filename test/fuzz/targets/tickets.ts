import { identityFromSeed, meshSignerOf } from "@flock/keys";
import { signedBy } from "@flock/mesh";
import { encode, HEADERS, isSubjectToken, SUBJECTS } from "@flock/proto";
import { Ticket } from "@flock/proto/jobs";
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import fc from "fast-check";
import { type DeliveredTicket, TicketPuller } from "../../../packages/jobs/src/worker/ticket-puller.js";
import { TICKET_PURPOSE } from "../../../packages/mesh/src/nats/mesh-signature.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedText } from "../generators/text.js";
import { mutatedMessages } from "../generators/wire.js";
import { mustHold } from "../outcome.js";
import { FakeMesh } from "../rigs/fake-mesh.js";

const WORKER = identityFromSeed(new Uint8Array(32).fill(3)).id;
const signer = meshSignerOf([identityFromSeed(new Uint8Array(32).fill(4))]);
const ACK = "$JS.ACK.JOBS.m.1.5.5.1.0";
const TICKET = encode(Ticket, {
  ...{ version: 1, jobId: "job", requesterId: "requester", model: "m:latest", modelDigest: "ab".repeat(32) },
  ...{ deadlineUnixMs: 1, excludedWorkerIds: [WORKER], traceparent: "", onlyWorkerId: "", queuedMs: 3 },
  isForBridged: false,
});
const SIGNATURE = signer.sign(TICKET_PURPOSE, TICKET);
const PULLS = 2;

/** Signed by the mesh, so that all of the ticket is read; or what anybody may have put there. */
const inputs = fc.record({
  ticket: mutatedMessages([TICKET]),
  signature: fc.option(mutatedText([SIGNATURE, `${SIGNATURE},${SIGNATURE}`, ""]), { nil: undefined }),
  retryAfterMs: fc.option(mutatedText(["200", "0", "1e9", "-1"]), { nil: undefined }),
  status: fc.constantFrom(undefined, 100, 403, 408, 409, 429, 503, -1, 1e9),
});

function headersOf({
  ticket,
  signature,
  status,
  retryAfterMs,
}: typeof inputs extends fc.Arbitrary<infer I> ? I : never) {
  const told = status === undefined ? headers() : headers(status, "Told");
  const made: MsgHdrs = signature === undefined ? signedBy(signer, TICKET_PURPOSE, ticket) : told;
  // Bytes that headers cannot have are dropped on their way.
  const set = (name: string, text: string | undefined): void => {
    if (text !== undefined && /^[\x20-\x7e]*$/.test(text)) made.set(name, text);
  };
  if (signature !== undefined) set(HEADERS.signature, signature);
  set(HEADERS.retryAfterMs, retryAfterMs);
  return made;
}

export const tickets = fuzzTarget({
  name: "tickets",
  about: "what comes to a worker that has pulled: signed tickets, forged ones, refusals with a pause",
  open: () => {
    const fake = new FakeMesh();
    return {
      inputs,
      probe: (input) => {
        const delivered: DeliveredTicket[] = [];
        const puller = new TicketPuller({
          ...{ mesh: fake.mesh, meshKeys: () => signer.publicKeys, workerId: WORKER, model: "m:latest" },
          lane: "ordinary",
          onTicket: (ticket) => void delivered.push(ticket),
        });
        puller.want(PULLS, PULLS);
        const way = fake.patternOf(SUBJECTS.delivery(WORKER, ""));
        fake.feed(way, SUBJECTS.tickets("m:latest"), input.ticket, { reply: ACK, headers: headersOf(input) });
        mustHold(fake.published <= PULLS, "one message has it pull again and again");
        puller.withdraw();
        const [ticket] = delivered;
        if (ticket === undefined) return false;
        mustHold(delivered.length === 1 && ticket.ackSubject === ACK, "one message is two tickets");
        mustHold(isSubjectToken(ticket.ticket.requesterId), "a ticket leads to what is no requester");
        // Signed as it is, or with what is at best the signature of the one that it was made from.
        const isSigned = input.signature === undefined || input.ticket.equals(TICKET);
        mustHold(isSigned, "a forged ticket is believed");
        return true;
      },
    };
  },
});
