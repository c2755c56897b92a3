import { parseAckSubject, STREAMS, ticketConsumer } from "@flock/proto";

/** Longest acknowledgement subject that is looked at. */
const LENGTH_MAX = 512;
/** No wildcard, space, line break or empty token: the router publishes to it. */
const PLAIN_SUBJECT = /^\$JS(\.[A-Za-z0-9_-]+)+$/;

/** The ticket that an acknowledgement subject is of. */
export interface NamedTicket {
  readonly consumer: string;
  readonly sequence: number;
}

/** Whether the consumer delivers the model's tickets, in either lane. */
export function isConsumerOf(model: string, consumer: string): boolean {
  return consumer === ticketConsumer(model) || consumer === ticketConsumer(model, "bridged");
}

/**
 * Reads an acknowledgement subject that a worker handed in; undefined for anything that is not the subject of one
 * delivery from stream JOBS. Whose ticket it is must still be checked.
 */
export function readAckSubject(ackSubject: string): NamedTicket | undefined {
  if (ackSubject.length > LENGTH_MAX || !PLAIN_SUBJECT.test(ackSubject)) return undefined;
  const parsed = parseAckSubject(ackSubject);
  if (parsed === undefined || parsed.stream !== STREAMS.jobs) return undefined;
  return { consumer: parsed.consumer, sequence: parsed.streamSequence };
}
