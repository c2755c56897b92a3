import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { eventually, type LogLine, type Sample, sumOf, TestMesh, whole } from "@flock/harness";
import { call, loadMeshSigner, type Mesh, signedBy, TICKET_PURPOSE } from "@flock/mesh";
import { BUCKETS, EVENTS, encode, MESSAGE_BYTES_MAX, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { InferenceCompleted, InferenceFailed } from "@flock/proto/events";
import { Claim, Operation, Outcome, Ticket, WorkerControl, WorkerReport } from "@flock/proto/jobs";
import { CreateKeyRequest, ListKeysRequest, RevokeKeyRequest } from "@flock/proto/keys";
import { BalanceRequest, FundRequest, HoldRequest, StatementRequest } from "@flock/proto/ledger";
import { JobUpdates, RenewRequest, ROUTER, RouteRequest } from "@flock/proto/router";
import { WorkerAnnouncement, WorkerSnapshot } from "@flock/proto/workers";

const ASK = { model: "flock-tiny", prompt: "What is the capital of Peru?", options: { temperature: 0 } };
const ANSWER = "The capital of Peru is Lima.";
const UNKNOWN_VERSION = 99;
const TIMES = 50;
const OVERSIZED_TIMES = 3;
/** One line for each kind of fault on each subject, and one more for each 10 s that the test takes. */
const LOG_LINES_MAX = 4;

/** Field 1 as a length-delimited value that is longer than the message: no protobuf reader takes it. */
const MALFORMED = Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3);

/** Where a service listens, and what it expects there. */
interface Target {
  readonly subject: string;
  /** In the name of a worker. Each message has another one: whoever sends several such is cut off, and no more read. */
  readonly inNameOf?: (workerId: string) => string;
  /** A bucket keeps only the last few values of a key: each message needs a key of its own. */
  readonly isBucket?: boolean;
  readonly part: "api" | "router" | "ledger" | "worker-1";
  /** A message of the right type that names a version which nobody speaks. */
  readonly future: Uint8Array;
  /** Undefined: JetStream itself refuses what is larger. */
  readonly bytesMax?: number;
  /** What the mesh signs there. Of messages that it has not signed nothing else is looked at. */
  readonly purpose?: string;
  /** Default {@link TIMES}. */
  readonly times?: number;
}

interface Ids {
  readonly requesterId: string;
  readonly routerId: string;
  readonly workerId: string;
}

function targets({ requesterId, routerId, workerId }: Ids): Target[] {
  const version = UNKNOWN_VERSION;
  const { claim, workerReport, workerControl, announcement, jobUpdates, serviceCall } = MESSAGE_BYTES_MAX;
  const calls = (
    [
      ["api", "create-key", encode(CreateKeyRequest, CreateKeyRequest.fromPartial({ version }))],
      ["api", "revoke-key", encode(RevokeKeyRequest, RevokeKeyRequest.fromPartial({ version }))],
      ["api", "list-keys", encode(ListKeysRequest, ListKeysRequest.fromPartial({ version }))],
      ["router", "route", encode(RouteRequest, RouteRequest.fromPartial({ version }))],
      ["ledger", "hold", encode(HoldRequest, HoldRequest.fromPartial({ version }))],
      ["ledger", "balance", encode(BalanceRequest, BalanceRequest.fromPartial({ version }))],
      ["ledger", "statement", encode(StatementRequest, StatementRequest.fromPartial({ version }))],
      ["ledger", "fund", encode(FundRequest, FundRequest.fromPartial({ version }))],
    ] as const
  ).map(([part, method, future]) => ({
    ...{ subject: SUBJECTS.service(part, method), part, future, bytesMax: serviceCall },
  }));
  const renew = encode(RenewRequest, RenewRequest.fromPartial({ version }));
  const ticket = encode(Ticket, Ticket.fromPartial({ version }));
  return [
    ...calls,
    {
      ...{ subject: SUBJECTS.service("router", "renew", routerId), part: "router", future: renew },
      bytesMax: serviceCall,
    },
    {
      ...{ subject: SUBJECTS.claimsOf(requesterId), part: "api", bytesMax: claim },
      inNameOf: (sender) => SUBJECTS.claim(sender, requesterId),
      future: encode(Claim, Claim.fromPartial({ version })),
    },
    {
      ...{ subject: SUBJECTS.reportsOf(requesterId), part: "api", bytesMax: workerReport },
      inNameOf: (sender) => SUBJECTS.report(sender, requesterId),
      future: encode(WorkerReport, WorkerReport.fromPartial({ version })),
    },
    {
      ...{ subject: SUBJECTS.control(workerId), part: "worker-1", bytesMax: workerControl },
      purpose: SUBJECTS.control(workerId),
      future: encode(WorkerControl, WorkerControl.fromPartial({ version })),
    },
    {
      ...{ subject: SUBJECTS.allHeartbeats, part: "router", bytesMax: announcement },
      inNameOf: (sender) => SUBJECTS.heartbeat(sender),
      future: encode(WorkerAnnouncement, WorkerAnnouncement.fromPartial({ version })),
    },
    {
      ...{ subject: SUBJECTS.jobUpdates, part: "router", bytesMax: jobUpdates },
      future: encode(JobUpdates, JobUpdates.fromPartial({ version })),
    },
    // They come again and again, and each time cost the worker a pull.
    {
      ...{ subject: SUBJECTS.tickets("flock-tiny:latest"), part: "worker-1", purpose: TICKET_PURPOSE },
      ...{ future: ticket, times: 1 },
    },
    {
      ...{ subject: EVENTS.inferenceCompleted, part: "ledger" },
      future: encode(InferenceCompleted, InferenceCompleted.fromPartial({ version })),
    },
    {
      ...{ subject: EVENTS.inferenceFailed, part: "ledger" },
      future: encode(InferenceFailed, InferenceFailed.fromPartial({ version })),
    },
    {
      ...{ subject: `$KV.${BUCKETS.models}.nobody`, isBucket: true, part: "router" },
      future: encode(CatalogueEntry, CatalogueEntry.fromPartial({ version })),
    },
    {
      ...{ subject: `$KV.${BUCKETS.workers}.nobody`, isBucket: true, part: "api" },
      future: encode(WorkerSnapshot, WorkerSnapshot.fromPartial({ version })),
    },
  ];
}

function dropped(samples: readonly Sample[], reason: string): number {
  return sumOf(samples, "flock_mesh_dropped_messages_total", { reason });
}

function dropLines(log: readonly LogLine[]): Map<string, number> {
  const lines = new Map<string, number>();
  for (const { msg, source, reason } of log) {
    if (msg === "messages dropped") {
      const key = `${String(source)} ${String(reason)}`;
      lines.set(key, (lines.get(key) ?? 0) + 1);
    }
  }
  return lines;
}

describe("messages that nobody should send", () => {
  let mesh: TestMesh;
  let connection: Mesh;
  let all: Target[];
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 1 });
    connection = await mesh.connection();
    all = targets(await overhear());
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  /** Learns the ids of the processes from what they tell each other about a job. */
  async function overhear(): Promise<Ids> {
    let requesterId = "";
    let workerId = "";
    const subscriptions = [
      connection.nats.subscribe(SUBJECTS.jobUpdates, {
        callback: (_error, msg) => {
          ({ requesterId } = JobUpdates.decode(msg.data));
        },
      }),
      connection.nats.subscribe(SUBJECTS.allHeartbeats, {
        callback: (_error, msg) => {
          workerId = msg.subject.slice("hb.".length);
        },
      }),
    ];
    await connection.nats.flush();
    await eventually("a job to be talked about", async () => {
      await whole(mesh.demo.generate(ASK));
      return requesterId !== "" && workerId !== "";
    });
    for (const subscription of subscriptions) subscription.unsubscribe();
    return { requesterId, workerId, routerId: await askForRouter() };
  }

  /** A job that is routed and given up at once: the answer names the router that keeps it. */
  async function askForRouter(): Promise<string> {
    const job = { version: PROTOCOL_VERSION, jobId: randomUUID(), requesterId: "nobody" };
    const route = { ...job, accountId: "nobody", model: "flock-tiny", operation: Operation.GENERATE };
    const reply = await call(
      connection,
      ROUTER.route,
      RouteRequest.fromPartial({ ...route, deadlineUnixMs: Date.now() + 1_000 }),
    );
    const finished = [{ jobId: job.jobId, lease: 0, outcome: Outcome.CANCELLED }];
    const update = JobUpdates.fromPartial({ ...job, finished });
    connection.nats.publish(SUBJECTS.jobUpdates, encode(JobUpdates, update));
    if (reply.result?.$case !== "accepted") throw new Error("the router did not take the job");
    return reply.result.value.routerId;
  }

  it("are dropped, counted, logged at a bounded rate, and disturb nobody", async () => {
    const pids = mesh.state.pids;
    const signer = await loadMeshSigner([join(mesh.dataDir, "access/mesh-key.json")]);
    for (const target of all) {
      const before = await mesh.metrics(target.part);
      const { times = TIMES, purpose, inNameOf = () => target.subject } = target;
      const send = (subject: string, message: Uint8Array): void => {
        if (purpose === undefined) return connection.nats.publish(subject, message);
        connection.nats.publish(subject, message, { headers: signedBy(signer, purpose, message) });
      };
      for (let time = 0; time < times; time++) {
        const subject = target.isBucket ? `${target.subject}-${time}` : inNameOf(`stranger-${time}`);
        send(subject, MALFORMED);
        send(target.isBucket ? `${subject}-future` : subject, target.future);
        if (purpose !== undefined) connection.nats.publish(subject, target.future);
      }
      const oversized = new Uint8Array((target.bytesMax ?? 0) + 1);
      if (target.bytesMax !== undefined)
        for (let time = 0; time < OVERSIZED_TIMES; time++) send(inNameOf(`giant-${time}`), oversized);
      await eventually(`${target.part} to drop what came on ${target.subject}`, async () => {
        const after = await mesh.metrics(target.part);
        const grown = (reason: string) => dropped(after, reason) - dropped(before, reason);
        return (
          (purpose === undefined || grown("unsigned") >= times) &&
          grown("malformed") >= times &&
          grown("unknown_version") >= times &&
          (target.bytesMax === undefined || grown("oversized") >= OVERSIZED_TIMES)
        );
      });
      expect((await whole(mesh.demo.generate(ASK))).text).toBe(ANSWER);
    }
    expect(mesh.state.pids).toEqual(pids);
    for (const part of ["api", "router", "ledger", "worker-1"]) {
      for (const [kind, lines] of dropLines(mesh.log(part))) {
        expect([part, kind, lines <= LOG_LINES_MAX]).toEqual([part, kind, true]);
      }
    }
  }, 60_000);

  it("are answered as what they are where an answer is waited for", async () => {
    for (const { subject } of all.filter((target) => target.subject.startsWith("svc."))) {
      const reply = await connection.nats.request(subject, MALFORMED, { timeout: 2_000 });
      expect([subject, reply.headers?.get("Flock-Error-Code")]).toEqual([subject, "invalid_argument"]);
    }
  });
});
