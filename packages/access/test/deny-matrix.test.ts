import {
  ensureEventsStream,
  ensureJobsStream,
  ensureTicketConsumer,
  jetstreamOf,
  type Mesh,
  manager,
  openBucket,
} from "@flock/mesh";
import { passPullsOn } from "@flock/ports";
import {
  BUCKETS,
  EVENTS,
  MESSAGE_BYTES_MAX,
  nextTicketSubject,
  STREAMS,
  SUBJECTS,
  ticketConsumer,
} from "@flock/proto";
import { eventually } from "@flock/provision/testing";
import { credsAuthenticator, headers, type Msg, type MsgHdrs, nuid } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { AccountsRig } from "./accounts-rig.js";
import {
  A,
  B,
  CHOSEN_REPLIES,
  FOREIGN_MODEL,
  MODEL,
  PUBLICATIONS,
  REQUESTER,
  SUBSCRIPTIONS,
} from "./attempts.js";
import { Observer } from "./observer.js";

/*
 * The deny matrix: what a stranger with a valid credential tries against a real nats-server, and what becomes of it. A
 * row holds if the server refuses the attempt, or if it leaves no trace in CORE; both are looked for there.
 */

const CONNECTIONS_MAX = 24;
const CONSUMER = ticketConsumer(MODEL);

let rig: AccountsRig;
let core: Mesh;
let observer: Observer;
let a: Mesh;
let b: Mesh;
/** What the server has refused A, as it says it. */
const refusals: string[] = [];
const seenByB: Msg[] = [];

beforeAll(async () => {
  rig = await AccountsRig.start({ workerConnectionsMax: CONNECTIONS_MAX });
  core = await rig.core();
  await ensureJobsStream(core);
  await ensureEventsStream(core);
  await (await openBucket(core, BUCKETS.params)).put("current", "governed");
  for (const model of [MODEL, FOREIGN_MODEL])
    await ensureTicketConsumer(core, ticketConsumer(model), SUBJECTS.tickets(model));
  observer = new Observer(await rig.core("observer"), core);
  passPullsOn(core, CONSUMER);
  a = await rig.worker({ workerId: A });
  b = await rig.worker({ workerId: B });
  void (async () => {
    for await (const status of a.nats.status())
      if (status.type === "error") refusals.push(status.error.message);
  })();
  for (const subject of [SUBJECTS.control(B), SUBJECTS.delivery(B, "*"), `${SUBJECTS.workerInbox(B)}.>`])
    b.nats.subscribe(subject, { callback: (_, msg) => void seenByB.push(msg) });
  await b.nats.flush();
});

afterAll(() => rig.stop());

afterEach(() => {
  refusals.length = 0;
  seenByB.length = 0;
});

/** Puts a ticket of A's model into the queue; returns its number. */
async function ticket(): Promise<number> {
  return (await jetstreamOf(core).publish(SUBJECTS.tickets(MODEL), "a ticket")).seq;
}

async function consumerInfo() {
  return (await manager(core)).consumers.info(STREAMS.jobs, CONSUMER);
}

/** Empties the queue, and ends every pull that waits. */
async function emptyQueue(): Promise<void> {
  const { streams, consumers } = await manager(core);
  await streams.purge(STREAMS.jobs);
  await consumers.delete(STREAMS.jobs, CONSUMER);
  await ensureTicketConsumer(core, CONSUMER, SUBJECTS.tickets(MODEL));
}

/** A pulls: what comes is to go along this way, as it says. */
function pull(way: string, reply?: string): void {
  a.nats.publish(SUBJECTS.pull(A, CONSUMER), way, reply === undefined ? {} : { reply });
}

/** A way of A's to which it listens, and what came along it. */
async function ownWay(): Promise<{ readonly way: string; readonly messages: Msg[] }> {
  const way = nuid.next();
  const messages: Msg[] = [];
  a.nats.subscribe(SUBJECTS.delivery(A, way), { callback: (_, msg) => void messages.push(msg) });
  await a.nats.flush();
  return { way, messages };
}

/** A's subscription to its own reply subject, and what came there. */
async function inbox(): Promise<{ readonly subject: string; readonly messages: Msg[] }> {
  const subject = a.newInbox();
  const messages: Msg[] = [];
  a.nats.subscribe(subject, { callback: (_, msg) => void messages.push(msg) });
  await a.nats.flush();
  return { subject, messages };
}

describe("a worker publishes", () => {
  it.each(PUBLICATIONS)("$subject: $stop", async ({ subject }) => {
    const before = await observer.state();
    const seen = await observer.during(async () => {
      a.nats.publish(subject, "{}", { reply: a.newInbox() });
      await a.nats.flush();
    });
    await eventually("the server to refuse it", () =>
      refusals.some(
        (refusal) => refusal.includes("Permissions Violation") && refusal.includes(`"${subject}"`),
      ),
    );
    expect(seen).toEqual([]);
    expect(await observer.state()).toEqual(before);
  });
});

describe("a worker listens to", () => {
  it.each(SUBSCRIPTIONS)("%s: no right to subscribe to it", async (subject) => {
    const errors: string[] = [];
    const messages: Msg[] = [];
    for (const queue of [undefined, "q"]) {
      const subscription = a.nats.subscribe(subject, {
        ...(queue === undefined ? {} : { queue }),
        callback: (error, msg) => void (error ? errors.push(error.message) : messages.push(msg)),
      });
      await a.nats.flush();
      await eventually("the server to refuse it", () => errors.length > 0 || refusals.length > 0);
      core.nats.publish(SUBJECTS.control(B), "a command");
      b.nats.publish(SUBJECTS.report(B, REQUESTER), "a chunk");
      b.nats.publish(SUBJECTS.heartbeat(B), "alive");
      await Promise.all([core.nats.flush(), b.nats.flush()]);
      await a.nats.flush();
      subscription.unsubscribe();
      expect([...errors, ...refusals].join()).toContain("Permissions Violation for Subscription");
      errors.length = 0;
      refusals.length = 0;
    }
    expect(messages).toEqual([]);
  });
});

/** In CORE: the pull itself, what the router makes of it, and the server's own way back. */
function isOwnPull(subject: string): boolean {
  const ours = [SUBJECTS.pull(A, CONSUMER), nextTicketSubject(CONSUMER)];
  return ours.includes(subject) || subject.startsWith("_R_.") || subject.startsWith(SUBJECTS.delivery(A, ""));
}

/*
 * Here whatever is pulled is passed on, whoever pulls: what is left when the router is fooled. What the router refuses
 * is in services/router/test/pull-gate.test.ts.
 */
describe("a worker pulls, and lets the ticket be sent to", () => {
  beforeEach(emptyQueue);

  it.each(CHOSEN_REPLIES)("%s: it goes nowhere but to the worker that pulled", async (reply) => {
    const streams = await observer.streams();
    await ticket();
    const held = await observer.state();
    const seen = await observer.during(async () => {
      pull(reply, reply);
      await a.nats.flush();
      await core.nats.flush();
    });
    // What the way makes of the subject begins with A's own id, however many tokens follow.
    expect(seen.filter((subject) => !isOwnPull(subject))).toEqual([]);
    expect(await observer.state()).toEqual(held);
    expect(await observer.streams()).toEqual(streams);
    expect(seenByB).toEqual([]);
  });

  it("itself, with the ticket's acknowledgement in hand: it can do nothing with it, CORE can", async () => {
    const seq = await ticket();
    const own = await ownWay();
    pull(own.way);
    const delivered = await eventually("the ticket", () => own.messages[0]);
    const acknowledgement = delivered.reply ?? "";
    const before = await observer.state();
    for (const verb of ["+ACK", "-NAK", "+TERM", "+WPI", "+NXT"]) {
      const seen = await observer.during(async () => {
        a.nats.publish(acknowledgement, verb, { reply: SUBJECTS.delivery(A, own.way) });
        await a.nats.flush();
      });
      expect(seen).toEqual([]);
    }
    await eventually(
      "five refusals",
      () => refusals.filter((text) => text.includes(acknowledgement)).length === 5,
    );
    expect(await observer.state()).toEqual(before);
    core.nats.publish(acknowledgement, "+ACK");
    await eventually(
      "the ticket to be gone",
      async () => (await consumerInfo()).ack_floor.stream_seq === seq,
    );
  });

  it("itself, five thousand times at once: the consumer keeps no more than it has room for", async () => {
    const own = await ownWay();
    for (let count = 0; count < 5_000; count++) pull(own.way);
    await a.nats.flush();
    await eventually("the rest to be refused", () => own.messages.length >= 5_000 - 4_096);
    expect((await consumerInfo()).num_waiting).toBeLessThanOrEqual(4_096);
    expect(own.messages.every(({ headers }) => headers?.code === 409)).toBe(true);
  });
});

function messageId(id: string): MsgHdrs {
  const made = headers();
  made.set("Nats-Msg-Id", id);
  return made;
}

describe("a worker claims, and lets the answer be sent to", () => {
  it.each(CHOSEN_REPLIES)("%s: the answer arrives in WORKERS alone", async (reply) => {
    const answering = core.nats.subscribe(SUBJECTS.claimsOf(REQUESTER), {
      callback: (_, msg) => void msg.respond("an answer"),
    });
    await core.nats.flush();
    const before = await observer.state();
    const seen = await observer.during(async () => {
      a.nats.publish(SUBJECTS.claim(A, REQUESTER), "a claim", { reply });
      await a.nats.flush();
      await core.nats.flush();
    });
    answering.unsubscribe();
    const ways = seen.filter((subject) => !subject.startsWith("_R_."));
    expect(ways).toEqual([SUBJECTS.claim(A, REQUESTER)]);
    expect(await observer.state()).toEqual(before);
  });
});

describe("a worker floods", () => {
  it("with a message id of somebody else's event: what it may publish is in no stream", async () => {
    const { subject } = await inbox();
    const before = await observer.state();
    const seen = await observer.during(async () => {
      a.nats.publish(SUBJECTS.report(A, REQUESTER), "x", { headers: messageId("event-77"), reply: subject });
      await a.nats.flush();
    });
    expect(seen).toEqual([SUBJECTS.report(A, REQUESTER)]);
    expect(await observer.state()).toEqual(before);
    const stored = await jetstreamOf(core).publish(EVENTS.inferenceCompleted, "real", { msgID: "event-77" });
    expect(stored.duplicate).toBe(false);
  });

  it("with a message that is too large: the server cuts it off before it is delivered", async () => {
    const offender = await rig.worker({ workerId: "Oversized" });
    const { nats } = offender;
    expect(nats.info?.max_payload).toBe(MESSAGE_BYTES_MAX.workerReport);
    // The client would refuse; a stranger's does not.
    Object.assign(nats.info ?? {}, { max_payload: 64 * 1024 * 1024 });
    const seen = await observer.during(async () => {
      nats.publish(
        SUBJECTS.report("Oversized", REQUESTER),
        new Uint8Array(MESSAGE_BYTES_MAX.workerReport + 1),
      );
      await eventually("the connection to end", () => !offender.isConnected());
    });
    expect(seen).toEqual([]);
    await offender.close();
  });

  it("with subscriptions: the server takes no more than 512", async () => {
    const offender = await rig.worker({ workerId: "Subscriber" });
    const errors: string[] = [];
    void (async () => {
      for await (const status of offender.nats.status())
        if (status.type === "error") errors.push(status.error.message);
    })();
    for (let count = 0; count < 600; count++)
      offender.nats.subscribe(`${SUBJECTS.workerInbox("Subscriber")}.${count}`, { callback: () => {} });
    await eventually("the server to refuse", () =>
      errors.some((text) => /maximum subscriptions/i.test(text)),
    );
    await offender.close();
  });

  it("with connections: the account of all workers is bounded, and CORE goes on", async () => {
    const authenticator = credsAuthenticator(Buffer.from(await rig.pass({ workerId: "Connector" })));
    const options = { servers: rig.nats.url, authenticator, reconnect: false, timeout: 5_000 };
    const attempts = await Promise.allSettled(
      Array.from({ length: CONNECTIONS_MAX + 4 }, () => connect(options)),
    );
    expect(attempts.filter(({ status }) => status === "rejected").length).toBeGreaterThanOrEqual(4);
    const service = await rig.core("service");
    await service.nats.flush();
    expect(service.isConnected()).toBe(true);
    for (const attempt of attempts) if (attempt.status === "fulfilled") await attempt.value.close();
  });
});

describe("the same, done in CORE,", () => {
  it("is seen and has its effect: so nothing above was overlooked", async () => {
    const subjects = PUBLICATIONS.map(({ subject }) => subject).filter(
      (subject) => !subject.startsWith("$SYS."),
    );
    const streams = await observer.streams();
    const seen = await observer.during(async () => {
      const own = await rig.core("own");
      for (const subject of subjects) own.nats.publish(subject, "{}", { reply: own.newInbox() });
      await own.nats.flush();
    });
    expect(subjects.filter((subject) => !seen.includes(subject))).toEqual([]);
    await eventually("streams to be gone", async () => (await observer.streams()).length < streams.length);
  });
});
