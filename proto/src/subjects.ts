import { modelToken } from "./model-name.js";

/*
 * Every subject, stream, bucket and consumer name of the mesh. Nothing else builds one.
 * Worker-facing subjects carry the worker's id as a token, so that NATS permissions can bind them to its credential.
 */

/** JetStream streams. */
export const STREAMS = {
  /** Work queue of tickets, in memory. */
  jobs: "JOBS",
  /** Durable facts, on file. */
  events: "EVENTS",
} as const;

/** JetStream key-value buckets. */
export const BUCKETS = {
  /** Model catalogue (CatalogueEntry by model token). */
  models: "MODELS",
  /** Live workers (WorkerSnapshot by worker id). */
  workers: "WORKERS",
  /**
   * Governed parameters: the document in force under {@link PARAMS_CURRENT_KEY}, each one ever in force under
   * `v<version>`.
   */
  params: "PARAMS",
} as const;

/** Key of the parameters in force in the PARAMS bucket. */
export const PARAMS_CURRENT_KEY = "current";

/** Durable consumers of the EVENTS stream, one per consuming service. */
export const EVENT_CONSUMERS = { ledgerSettler: "ledger-settler" } as const;

/** Event subjects: `evt.<area>.<past tense>`. */
export const EVENTS = {
  all: "evt.>",
  inference: "evt.inference.>",
  inferenceCompleted: "evt.inference.completed",
  inferenceFailed: "evt.inference.failed",
  ledgerTransferred: "evt.ledger.transferred",
  ledgerEpochClosed: "evt.ledger.epoch_closed",
} as const;

const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;

/** True if `id` may stand as one token of a subject: what ids from the wire are checked with before use. */
export function isSubjectToken(id: string): boolean {
  return TOKEN.test(id);
}

/** Whom a ticket is for. Neither kind of worker sees the tickets of the other. */
export type TicketLane = "ordinary" | "bridged";

/** A model's tickets of one lane, as one token. `_b` and no hex digit: no model's own token ends like that. */
function laneToken(canonicalModel: string, lane: TicketLane): string {
  return lane === "ordinary" ? modelToken(canonicalModel) : `${modelToken(canonicalModel)}_bridged`;
}

export const SUBJECTS = {
  /** Tickets of one model (stream JOBS). */
  tickets: (canonicalModel: string, lane: TicketLane = "ordinary") =>
    `jobs.${laneToken(canonicalModel, lane)}`,
  allTickets: "jobs.*",
  /** Worker -> requester: claims. */
  claim: (workerId: string, requesterId: string) => `claim.${workerId}.${requesterId}`,
  claimsOf: (requesterId: string) => `claim.*.${requesterId}`,
  allClaims: "claim.*.*",
  /** Worker -> requester: chunks, finals, progress. */
  report: (workerId: string, requesterId: string) => `res.${workerId}.${requesterId}`,
  reportsOf: (requesterId: string) => `res.*.${requesterId}`,
  allReports: "res.*.*",
  /** CORE -> worker: cancels and other commands. */
  control: (workerId: string) => `ctl.${workerId}`,
  allControls: "ctl.*",
  /** What all reply subjects of a worker's connection begin with. */
  workerInbox: (workerId: string) => `_INBOX_${workerId}`,
  /** Worker -> CORE: heartbeats and model descriptions. */
  heartbeat: (workerId: string) => `hb.${workerId}`,
  allHeartbeats: "hb.*",
  /** Requester -> every router. */
  jobUpdates: "router.jobs",
  /** The worker in whose name a claim, report or heartbeat was published: what NATS lets its sender use. */
  workerOf: (subject: string) => subject.split(".")[1] ?? "",
  /** Service calls; `instance` addresses one process of the service. */
  service: (service: string, method: string, instance?: string) =>
    instance === undefined ? `svc.${service}.${method}` : `svc.${service}.${method}.${instance}`,
} as const;

/** What nats-server itself answers, to users of its system account. */
export const SERVER_SUBJECTS = {
  /** Takes the JWT of an account in place of the one that it has. */
  accountUpdate: "$SYS.REQ.CLAIMS.UPDATE",
  /** Lists the connections of an account; `*`: of any. */
  connections: (accountId: string) => `$SYS.REQ.ACCOUNT.${accountId}.CONNZ`,
} as const;

/** Durable pull consumer of a model's tickets, shared by all its workers of that lane. */
export function ticketConsumer(canonicalModel: string, lane: TicketLane = "ordinary"): string {
  return laneToken(canonicalModel, lane);
}

/** The subject a worker asks for the next ticket on; the only JetStream API it needs. */
export function nextTicketSubject(canonicalModel: string, lane: TicketLane = "ordinary"): string {
  return nextTicketSubjectOf(ticketConsumer(canonicalModel, lane));
}

/** The same for a consumer by name, or `*` for all of them. */
export function nextTicketSubjectOf(consumer: string): string {
  return `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.jobs}.${consumer}`;
}

/**
 * Stream, consumer and stream sequence that an acknowledgement subject names, in both of its forms
 * (ADR-15: `$JS.ACK.<stream>.<consumer>.<delivered>.<sseq>.…` and with domain and account hash before the stream).
 * Undefined for anything else: workers hand these subjects in, so they are untrusted.
 */
export function parseAckSubject(
  subject: string,
): { stream: string; consumer: string; streamSequence: number } | undefined {
  const tokens = subject.split(".");
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK") return undefined;
  const offset = tokens.length === 9 ? 2 : tokens.length === 11 || tokens.length === 12 ? 4 : undefined;
  if (offset === undefined) return undefined;
  const [stream, consumer, , sequence] = tokens.slice(offset, offset + 4);
  if (!stream || !consumer || sequence === undefined || !/^[1-9][0-9]{0,15}$/.test(sequence))
    return undefined;
  return { stream, consumer, streamSequence: Number(sequence) };
}
