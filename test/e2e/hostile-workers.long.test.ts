import { generateIdentity } from "@flock/keys";
import { banWorker, liftBan } from "@flock/mesh";
import { SUBJECTS, ticketConsumer } from "@flock/proto";
import { Outcome } from "@flock/proto/jobs";
import { eventually } from "@flock/provision/testing";
import { delegationBy } from "../../packages/jobs/test/delegations.js";
import { DIGEST, MODEL } from "../../packages/jobs/test/fake-router.js";
import type { Delivered, Hostility, Misbehaviour } from "./hostile-worker.js";
import { HostileRig } from "./hostile-workers-rig.js";

/*
 * What workers do that mean no good, each beside an honest worker and clients that ask all the time. The services are
 * real, and so are the accounts of nats-server.
 */

/** Leases that an offender is granted at most before it is cut off. */
const LEASES_MAX = 19;
const NOISE = Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3]);
const another = generateIdentity();

let rig: HostileRig;
beforeAll(async () => {
  rig = await HostileRig.start();
}, 60_000);
afterAll(() => rig?.stop());

/** Claims the job, and ends its lease with a receipt that `receiptOf` makes. */
function endsWith(receiptOf: (...args: Parameters<Misbehaviour>) => Record<string, unknown>): Misbehaviour {
  return async (worker, delivered) => {
    const grant = await worker.claim(delivered, { sealingKey: Buffer.alloc(0) });
    if (grant === undefined) return;
    const { jobId, lease } = grant;
    const receipt = receiptOf(worker, delivered);
    worker.report(delivered, { finals: [{ jobId, lease, outcome: Outcome.COMPLETED, ...receipt }] });
  };
}

const forges: Misbehaviour = endsWith((worker, delivered) => ({
  receipt: worker.receipt(another, delivered, 1),
}));

/** It has a lease, gives it back, and goes on with it all the same. */
function goesOn(): Hostility {
  const leases: { delivered: Delivered; jobId: string; lease: number }[] = [];
  return {
    onTicket: async (worker, delivered) => {
      if (leases.length > 0) return void worker.claim(delivered, { declined: true });
      const grant = await worker.claim(delivered, { sealingKey: Buffer.alloc(0) });
      if (grant === undefined) return;
      const { jobId, lease } = grant;
      leases.push({ delivered, jobId, lease });
      worker.report(delivered, { finals: [{ jobId, lease, outcome: Outcome.RETURNED }] });
    },
    always: (worker) => {
      for (const { delivered, jobId, lease } of leases)
        worker.report(delivered, {
          chunks: [{ jobId, lease, seq: 0, content: { $case: "plain", value: { text: "OLD " } } }],
        });
    },
  };
}

/** Says something without end to the first requester that it has heard of. */
function floods(times: number): Hostility {
  let known: Delivered | undefined;
  return {
    onTicket: (worker, delivered) => {
      known ??= delivered;
      void worker.claim(delivered, { declined: true });
    },
    always: (worker) => {
      if (known === undefined) return;
      const { jobId } = known.ticket;
      for (let count = 0; count < times; count++)
        worker.report(known, { finals: [{ jobId: `${jobId}-x`, lease: 1 }] });
    },
  };
}

const OFFENDERS: readonly (readonly [string, string, Hostility])[] = [
  ["signs receipts with a key of another", "FORGED_RECEIPT", { onTicket: forges }],
  [
    "hands in a receipt of another lease",
    "FORGED_RECEIPT",
    {
      onTicket: endsWith((worker, delivered) => ({
        receipt: worker.receipt(worker.identity, delivered, 77),
      })),
    },
  ],
  [
    "comes again with another session after each offence",
    "FORGED_RECEIPT",
    {
      onTicket: async (worker, delivered) => {
        await forges(worker, delivered);
        await worker.mesh.nats.flush();
        await worker.reconnect();
      },
    },
  ],
  [
    "answers jobs that it has no lease of",
    "OTHERS_LEASE",
    {
      onTicket: (worker, delivered) => {
        const { jobId } = delivered.ticket;
        const content = { $case: "plain", value: { text: "INJECTED" } } as const;
        worker.report(delivered, { chunks: [{ jobId, lease: 1, content, tokens: 1 }] });
      },
    },
  ],
  [
    "sends claims that are no messages",
    "MALFORMED",
    { onTicket: (worker, { ticket }) => worker.send(SUBJECTS.claim(worker.id, ticket.requesterId), NOISE) },
  ],
  [
    "sends reports that are no messages",
    "MALFORMED",
    { onTicket: (worker, { ticket }) => worker.send(SUBJECTS.report(worker.id, ticket.requesterId), NOISE) },
  ],
  [
    "sends heartbeats that are no messages",
    "MALFORMED",
    { always: (worker) => worker.send(SUBJECTS.heartbeat(worker.id), NOISE) },
  ],
  [
    "sends giant claims",
    "MALFORMED",
    {
      onTicket: (worker, { ticket }) =>
        worker.send(SUBJECTS.claim(worker.id, ticket.requesterId), Buffer.alloc(300 * 1024)),
    },
  ],
  [
    "sends giant reports",
    "MALFORMED",
    {
      onTicket: (worker, delivered) => {
        const progress = Array.from({ length: 10_000 }, (_, n) => ({ jobId: `job-${n}`, lease: 1 }));
        worker.report(delivered, { progress });
      },
    },
  ],
  [
    "sends records that do not open",
    "UNREADABLE",
    {
      onTicket: async (worker, delivered) => {
        const grant = await worker.claim(delivered);
        if (grant === undefined) return;
        const content = { $case: "sealed", value: Buffer.alloc(64, 7) } as const;
        worker.report(delivered, { chunks: [{ jobId: grant.jobId, lease: grant.lease, content }] });
      },
    },
  ],
  [
    "offers a sealing key that another has signed",
    "FORGED_KEY",
    {
      onTicket: async (worker, delivered) =>
        void (await worker.claim(delivered, { sealingSignature: another.sign(NOISE) })),
    },
  ],
  [
    "claims with a delegation that its wallet has not signed",
    "FORGED_KEY",
    {
      onTicket: async (worker, delivered) => {
        const delegation = { ...delegationBy(worker.identity, another.id), signature: Buffer.alloc(64, 7) };
        await worker.claim(delivered, { delegation });
      },
    },
  ],
  [
    "hands in what is no ticket",
    "FORGED_TICKET",
    {
      onTicket: async (worker, delivered) =>
        void (await worker.claim(delivered, { ackSubject: "jobs.x", declined: true })),
    },
  ],
  [
    "speaks in another worker's name",
    "OTHERS_NAME",
    { always: (worker) => worker.announce({ workerId: another.id }) },
  ],
  ["floods its requesters", "FLOOD", floods(2_000)],
  ["replays what it sent, and goes on when it is told to stop", "RUNS_ON", goesOn()],
];

describe("a worker that", () => {
  it.each(OFFENDERS)(
    "%s is recorded by its wallet and cut off, and clients are answered by others",
    async (_, offence, hostility) => {
      const offender = await rig.hostile(hostility);
      const asked = await rig.askUntil(() => rig.isCutOff(offender.id), 30_000);
      expect(await rig.isCutOff(offender.id)).toBe(true);
      expect(await rig.offencesOf(offender.id)).toContain(offence);
      await eventually("its pulls to be refused", () => offender.refusal === "Worker Cut Off");
      // Pulls that waited already may still be given tickets, for as long as pulls wait: but no lease.
      const { leases } = offender;
      asked.push(...(await rig.askUntil(() => true, 1_000)));
      await rig.expectHonestAnswers(asked);
      expect(offender.leases).toBe(leases);
      expect(leases).toBeLessThanOrEqual(LEASES_MAX);
      offender.stop();
    },
    90_000,
  );

  it("claims jobs and never answers is kept out by its breaker, whatever slots and models it announces", async () => {
    const models = Array.from({ length: 1_000 }, (_, n) => ({ name: `m${n}:latest`, digest: DIGEST }));
    const served = { name: MODEL, digest: DIGEST, contextLength: 2_048 };
    const granted: string[] = [];
    const silent = await rig.hostile({
      // CAST: a heartbeat's models, with the fields that matter here.
      heartbeat: { slots: 1_000, models: [served, ...models] as never },
      onTicket: async (worker, delivered) => {
        if (await worker.claim(delivered, { sealingKey: Buffer.alloc(0) }))
          granted.push(delivered.ticket.jobId);
      },
    });
    const asked = await rig.askUntil(
      () => silent.refusal === "Worker Held Off" && granted.length > 4,
      50_000,
    );
    expect(silent.refusal).toBe("Worker Held Off");
    await rig.expectHonestAnswers(asked);
    expect(granted.length).toBeLessThanOrEqual(LEASES_MAX);
    // To be silent is no offence: a machine may have died.
    expect(await rig.offencesOf(silent.id)).toEqual([]);
    silent.stop();
  }, 90_000);

  it("claims with a digest that it has not announced is kept out by its breaker", async () => {
    const liar = await rig.hostile({
      onTicket: async (worker, delivered) =>
        void (await worker.claim(delivered, { modelDigest: "cd".repeat(32) })),
    });
    const asked = await rig.askUntil(() => liar.refusal === "Worker Held Off", 50_000);
    expect(liar.refusal).toBe("Worker Held Off");
    await rig.expectHonestAnswers(asked);
    expect(liar.leases).toBe(0);
    liar.stop();
  }, 90_000);

  it.each<[string, Hostility]>([
    [
      "pulls for a model that it has not",
      // CAST: a heartbeat's models, with the fields that matter here.
      {
        heartbeat: { models: [{ name: "other:latest", digest: DIGEST }] as never },
        consumer: ticketConsumer(MODEL),
      },
    ],
    [
      "announces another digest than the catalogue's",
      // CAST: the same.
      { heartbeat: { models: [{ name: MODEL, digest: "cd".repeat(32), contextLength: 2_048 }] as never } },
    ],
  ])("%s is given nothing", async (_, hostility) => {
    const worker = await rig.hostile(hostility);
    await eventually("its pulls to be refused", () => worker.refusal === "Worker Not Admitted For Model");
    await rig.expectHonestAnswers(await rig.askUntil(() => true, 1_000));
    expect(worker.tickets).toBe(0);
    worker.stop();
  });

  it("lists another's leases in its heartbeats takes nothing but its own slots", async () => {
    const jobs = Array.from({ length: 8 }, () => rig.ask());
    const active = jobs.map(({ jobId }) => ({ jobId, lease: 1 }));
    const worker = await rig.hostile({ heartbeat: { slots: 1, active } });
    await rig.expectHonestAnswers([...jobs, ...(await rig.askUntil(() => true, 1_000))]);
    worker.stop();
  });

  it("was cut off stays so with another session, and when the router is another one", async () => {
    const offender = await rig.hostile({ onTicket: forges });
    const asked = await rig.askUntil(() => rig.isCutOff(offender.id), 30_000);
    await rig.accounts.restartRouter();
    await offender.reconnect();
    offender.refusal = undefined;
    await eventually("its pulls to be refused", () => offender.refusal === "Worker Cut Off");
    const { leases } = offender;
    await rig.expectHonestAnswers([...asked, ...(await rig.askUntil(() => true, 1_000))]);
    expect(offender.leases).toBe(leases);
    offender.stop();
  }, 90_000);

  it("is banned pulls nothing from that moment, and its running jobs go on elsewhere within seconds", async () => {
    const held: string[] = [];
    const lazy = await rig.hostile({
      onTicket: async (worker, delivered) => {
        const grant = await worker.claim(delivered, { sealingKey: Buffer.alloc(0) });
        if (grant === undefined) return;
        // It says that it lives, so nobody would take the job away from it.
        const { jobId, lease } = grant;
        setInterval(() => worker.report(delivered, { progress: [{ jobId, lease }] }), 200).unref();
        held.push(jobId);
      },
    });
    const asked = [rig.ask()];
    await eventually("it to hold a job", () => {
      if (held.length === 0) asked.push(rig.ask());
      return held.length > 0;
    });
    const bannedAtMs = performance.now();
    await banWorker(rig.core, lazy.id, { reason: "it only pretends", unixMs: Date.now() });
    await Promise.all(asked.map(({ ended }) => ended));
    expect(performance.now() - bannedAtMs).toBeLessThan(5_000);
    await rig.expectHonestAnswers(asked);
    await eventually("its pulls to be refused", () => lazy.refusal === "Worker Banned");
    expect(await rig.offencesOf(lazy.id)).toEqual([]);
    lazy.stop();
    await liftBan(rig.core, lazy.id);
  });

  it("is honest has no record after all that, and the router has logged no error", async () => {
    expect(await rig.recordOf(rig.honest.id)).toBeUndefined();
    expect(rig.accounts.router.log.filter(({ level }) => Number(level) >= 50 || level === "error")).toEqual(
      [],
    );
  });
});
