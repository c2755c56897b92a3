import { modelOfToken, modelToken } from "./model-name.js";

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
  /** Sessions that workers were let in with lately: nothing, by `<worker id>.<session key>`. */
  sessions: "SESSIONS",
  /** Workers that are let in no more (Ban by worker id). */
  bans: "BANS",
  /** What workers were caught at (OffenceRecord by worker id). */
  offences: "OFFENCES",
  /** What the verifier thinks of workers (Standing by worker id). */
  standings: "STANDINGS",
} as const;

/** Key of a worker's session in the SESSIONS bucket; `*`: of all that it has. */
export function workerSessionEntry(workerId: string, session: string): string {
  return `${workerId}.${session}`;
}

/** Key of the parameters in force in the PARAMS bucket. */
export const PARAMS_CURRENT_KEY = "current";

/** Durable consumers of the EVENTS stream, one per consuming service. */
export const EVENT_CONSUMERS = {
  ledgerSettler: "ledger-settler",
  verifierSampler: "verifier-sampler",
} as const;

/** Event subjects: `evt.<area>.<past tense>`. */
export const EVENTS = {
  all: "evt.>",
  inference: "evt.inference.>",
  inferenceCompleted: "evt.inference.completed",
  inferenceFailed: "evt.inference.failed",
  ledgerTransferred: "evt.ledger.transferred",
  ledgerEpochClosed: "evt.ledger.epoch_closed",
  standingChanged: "evt.verifier.standing_changed",
  verdictReached: "evt.verifier.verdict_reached",
} as const;

const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;

/** True if `id` may stand as one token of a subject: what ids from the wire are checked with before use. */
export function isSubjectToken(id: string): boolean {
  return TOKEN.test(id);
}

/** Whom a ticket is for. Neither kind of worker sees the tickets of the other. */
export type TicketLane = "ordinary" | "bridged";

/** Of the tokens of that lane. `_b` and no hex digit: no model's own token ends like that. */
const BRIDGED = "_bridged";

/** A model's tickets of one lane, as one token. */
function laneToken(canonicalModel: string, lane: TicketLane): string {
  return lane === "ordinary" ? modelToken(canonicalModel) : `${modelToken(canonicalModel)}${BRIDGED}`;
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
  /** Worker -> router: asks for the next ticket of a consumer (`ticketConsumer`). The payload is the way to send it. */
  pull: (workerId: string, consumer: string) => `pull.${workerId}.${consumer}`,
  allPulls: "pull.*.*",
  /** CORE -> worker: the ticket that it has pulled, or why there is none. A way is one token, its worker's choice. */
  delivery: (workerId: string, way: string) => `tkt.${workerId}.${way}`,
  allDeliveries: "tkt.*.*",
  /** Requester -> every router. */
  jobUpdates: "router.jobs",
  /** Requester -> one of the routers. */
  complaints: "router.complaints",
  /** Router -> every api: its load, once a second. */
  routerLoad: "figures.router",
  /** Api -> every api: what it has given to clients, once a second. */
  answerPulse: "figures.answers",
  /** The worker in whose name a claim, report, heartbeat or pull was published: what NATS lets its sender use. */
  workerOf: (subject: string) => subject.split(".")[1] ?? "",
  /** The consumer that a pull is for. */
  consumerOfPull: (subject: string) => subject.split(".")[2] ?? "",
  /** Service calls; `instance` addresses one process of the service. */
  service: (service: string, method: string, instance?: string) =>
    instance === undefined ? `svc.${service}.${method}` : `svc.${service}.${method}.${instance}`,
} as const;

/** Headers of our own. */
export const HEADERS = {
  /** Signatures of the mesh over a ticket or a command. */
  signature: "Flock-Signature",
  /** With the status of a refused pull: after how many milliseconds to pull again. */
  retryAfterMs: "Flock-Retry-After-Ms",
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

/** Whose tickets a consumer has, by the name that a worker gives; undefined: none can have that name. */
export function modelOfConsumer(consumer: string): { model: string; lane: TicketLane } | undefined {
  const lane = consumer.endsWith(BRIDGED) ? "bridged" : "ordinary";
  const token = lane === "bridged" ? consumer.slice(0, -BRIDGED.length) : consumer;
  const model = modelOfToken(token);
  return model === undefined ? undefined : { model, lane };
}

/** How long a pull waits for a ticket, before it has to be made anew. */
export const PULL_WAIT_MS = 5_000;

/** Where JetStream is asked for a consumer's next ticket. Workers have no right to: routers ask in their name. */
export function nextTicketSubject(consumer: string): string {
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
  const streamSequence = Number(sequence);
  // Beyond that two texts are one number.
  return Number.isSafeInteger(streamSequence) ? { stream, consumer, streamSequence } : undefined;
}
