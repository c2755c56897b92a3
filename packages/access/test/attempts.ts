import {
  BUCKETS,
  EVENTS,
  nextTicketSubject,
  SERVER_SUBJECTS,
  STREAMS,
  SUBJECTS,
  ticketConsumer,
} from "@flock/proto";

/*
 * What a worker with a valid credential may try: the subjects of the deny matrix. `A` is the worker that tries, `B` is
 * another one; the requester is one that grants jobs.
 */

export const A = "WorkerA";
export const B = "WorkerB";
export const REQUESTER = "requester1";
export const MODEL = "m1:latest";
export const FOREIGN_MODEL = "m2:latest";

const ANYWHERE = [STREAMS.jobs, STREAMS.events, `KV_${BUCKETS.params}`];
const CONSUMER = ticketConsumer(MODEL);

/** Each verb of JetStream's API, for a stream and a consumer of it where it names one. */
const STREAM_VERBS = [
  ...["CREATE", "UPDATE", "INFO", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT", "RESTORE"],
  ...["LEADER.STEPDOWN", "PEER.REMOVE"],
].map((verb) => (stream: string) => `$JS.API.STREAM.${verb}.${stream}`);
const CONSUMER_VERBS = [
  ...["NAMES", "LIST"].map((verb) => (stream: string) => `$JS.API.CONSUMER.${verb}.${stream}`),
  (stream: string) => `$JS.API.CONSUMER.CREATE.${stream}`,
  (stream: string) => `$JS.API.CONSUMER.CREATE.${stream}.mine.>`,
  ...["CREATE", "DURABLE.CREATE", "INFO", "DELETE", "PAUSE", "UNPIN", "RESET", "LEADER.STEPDOWN"].map(
    (verb) => (stream: string) => `$JS.API.CONSUMER.${verb}.${stream}.${CONSUMER}`,
  ),
];
const GLOBAL_VERBS = [
  ...["INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.TEMPLATE.NAMES", "STREAM.TEMPLATE.CREATE.t"],
  ...["META.LEADER.STEPDOWN", "SERVER.REMOVE", "ACCOUNT.PURGE.CORE", "ACCOUNT.STREAM.MOVE.CORE.JOBS"],
].map((verb) => `$JS.API.${verb}`);

export interface Attempt {
  readonly subject: string;
  /** What stops it. */
  readonly stop: string;
}

const NO_RIGHT = "no right to publish it";

function withoutRight(subjects: readonly string[]): Attempt[] {
  return subjects.map((subject) => ({ subject, stop: NO_RIGHT }));
}

/** Messages that A tries to publish. */
export const PUBLICATIONS: readonly Attempt[] = [
  ...withoutRight(GLOBAL_VERBS),
  ...withoutRight(ANYWHERE.flatMap((stream) => [...STREAM_VERBS, ...CONSUMER_VERBS].map((of) => of(stream)))),
  ...withoutRight(
    ANYWHERE.flatMap((stream) => [`$JS.API.DIRECT.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}.x`]),
  ),
  ...withoutRight([
    nextTicketSubject(CONSUMER),
    nextTicketSubject(ticketConsumer(FOREIGN_MODEL)),
    `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.events}.ledger-settler`,
    `$JS.CORE.API.CONSUMER.MSG.NEXT.${STREAMS.jobs}.${CONSUMER}`,
    // Guessed: only its numbers count.
    `$JS.ACK.${STREAMS.jobs}.${CONSUMER}.1.1.1.1700000000000000000.0`,
    `$JS.ACK._.hash.${STREAMS.jobs}.${CONSUMER}.1.1.1.1700000000000000000.0`,
    `$JS.FC.${STREAMS.jobs}.${CONSUMER}.x`,
    `$JSC.R.x`,
  ]),
  ...withoutRight([
    SERVER_SUBJECTS.accountUpdate,
    "$SYS.REQ.CLAIMS.DELETE",
    "$SYS.REQ.CLAIMS.LIST",
    "$SYS.REQ.USER.INFO",
    "$SYS.REQ.USER.AUTH",
    "$SYS.REQ.SERVER.PING",
    "$SYS.REQ.SERVER.PING.CONNZ",
    "$SYS.REQ.ACCOUNT.PING.CONNZ",
    SERVER_SUBJECTS.connections("CORE"),
    "$SYS.ACCOUNT.CORE.CONNECT",
  ]),
  ...withoutRight(Object.values(BUCKETS).map((bucket) => `$KV.${bucket}.current`)),
  ...withoutRight([EVENTS.inferenceCompleted, EVENTS.ledgerTransferred]),
  ...withoutRight([SUBJECTS.tickets(MODEL), SUBJECTS.tickets(FOREIGN_MODEL), SUBJECTS.jobUpdates]),
  ...withoutRight([SUBJECTS.service("ledger", "fund"), SUBJECTS.service("api", "create-key"), "$SRV.PING"]),
  ...withoutRight([
    SUBJECTS.claim(B, REQUESTER),
    SUBJECTS.report(B, REQUESTER),
    SUBJECTS.heartbeat(B),
    SUBJECTS.pull(B, CONSUMER),
    SUBJECTS.control(B),
    SUBJECTS.control(A),
    SUBJECTS.delivery(B, "way"),
    SUBJECTS.delivery(A, "way"),
    `${SUBJECTS.workerInbox(B)}.x`,
    `${SUBJECTS.workerInbox(A)}.x`,
    "_INBOX.x",
    "_R_.abcdef.ghijkl",
  ]),
  ...withoutRight([
    // Nearly its own.
    `${SUBJECTS.claim(A, REQUESTER)}.x`,
    `${SUBJECTS.report(A, REQUESTER)}.x`,
    `${SUBJECTS.heartbeat(A)}.x`,
    `${SUBJECTS.pull(A, CONSUMER)}.x`,
    `pull.${A}`,
    SUBJECTS.pull(A.toLowerCase(), CONSUMER),
    SUBJECTS.claim(A.toLowerCase(), REQUESTER),
    SUBJECTS.heartbeat(`${A}x`),
    "claim",
    "anything",
  ]),
];

/** Subjects that A tries to listen to. */
export const SUBSCRIPTIONS: readonly string[] = [
  ...[">", "*", "*.>", "*.*", "$JS.>", "$JS.API.>", "$JS.EVENT.ADVISORY.>", "$SYS.>", "$KV.>", "$SRV.>"],
  ...["jobs.>", SUBJECTS.allTickets, SUBJECTS.tickets(MODEL), EVENTS.all, "svc.>", SUBJECTS.jobUpdates],
  ...[SUBJECTS.allClaims, SUBJECTS.claimsOf(REQUESTER), SUBJECTS.claim(A, REQUESTER), SUBJECTS.claim(B, "*")],
  ...[SUBJECTS.allReports, SUBJECTS.reportsOf(REQUESTER), SUBJECTS.report(B, REQUESTER)],
  ...[SUBJECTS.allPulls, SUBJECTS.pull(A, CONSUMER), SUBJECTS.pull(B, "*")],
  ...[SUBJECTS.allHeartbeats, SUBJECTS.heartbeat(B), SUBJECTS.allControls, SUBJECTS.control(B), "ctl.>"],
  ...[SUBJECTS.allDeliveries, SUBJECTS.delivery(B, "*"), SUBJECTS.delivery(B, "way"), "tkt.>"],
  ...[
    `${SUBJECTS.workerInbox(B)}.>`,
    "_INBOX.>",
    "*.x",
    "_INBOX_*.>",
    "_R_.>",
    `${SUBJECTS.workerInbox(A)}>`,
  ],
  ...[SUBJECTS.control(A.toLowerCase()), `${SUBJECTS.workerInbox(A.toUpperCase())}.>`],
];

/** Where A wants tickets of its own model, or answers to its claims, to be sent: CORE has the right to send there. */
export const CHOSEN_REPLIES: readonly string[] = [
  EVENTS.inferenceCompleted,
  SUBJECTS.tickets(FOREIGN_MODEL),
  SUBJECTS.jobUpdates,
  SUBJECTS.service("ledger", "fund"),
  `$KV.${BUCKETS.params}.current`,
  `$JS.API.STREAM.DELETE.${STREAMS.events}`,
  `$JS.API.STREAM.PURGE.${STREAMS.jobs}`,
  SERVER_SUBJECTS.accountUpdate,
  SUBJECTS.claim(B, REQUESTER),
  SUBJECTS.report(B, REQUESTER),
  SUBJECTS.heartbeat(B),
  SUBJECTS.control(B),
  SUBJECTS.delivery(B, "guessed"),
  `${SUBJECTS.workerInbox(B)}.guessed`,
  "_INBOX.x",
];
