import { generateIdentity } from "@flock/keys";
import { decodeWire, encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { CompletedJob } from "@flock/proto/events";
import { Claim, ClaimReply, Operation, Outcome, WorkerReport } from "@flock/proto/jobs";
import { type JobRunner, openReceipt } from "../src/index.js";
import { DIGEST } from "./fake-router.js";
import {
  addressOf,
  chunkOf,
  cleanups,
  connect,
  eventsOf,
  eventually,
  FAST,
  nats,
  router,
  spec,
  startRequester,
  startWorker,
  submit,
  TEXT,
  WORDS,
} from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

describe("a job", () => {
  it("runs on a worker, streams its text, and is told to the ledger with a receipt that opens", async () => {
    const worker = await startWorker(new ScriptedRunner(WORDS));
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    expect(await job.ended).toMatchObject({
      outcome: "completed",
      doneReason: "stop",
      promptTokens: 3,
      completionTokens: 40,
      leases: 1,
      evalDurationNs: 3,
    });
    expect(job.text()).toBe(TEXT);
    const { completed, failed } = await eventually(async () => {
      const events = await eventsOf(jobSpec.jobId);
      return events.completed.length > 0 && events;
    });
    expect(failed).toEqual([]);
    expect(completed).toHaveLength(1);
    expect(completed[0]).toMatchObject({
      accountId: "alice",
      keyId: "key-of-alice",
      workerId: worker.identity.id,
      promptTokens: 3,
      completionTokens: 40,
      completionPriceMicro: 3n,
      outcome: Outcome.COMPLETED,
    });
    const receipt = completed[0]?.receipt;
    expect(receipt && openReceipt(receipt)?.completionTokens).toBe(40);
    // And where its time went: all of it, to some rounding.
    const told = CompletedJob.fromPartial(completed[0] ?? {});
    const spentMs = told.queueMs + told.claimMs + told.prefillMs + told.decodeMs;
    expect(spentMs).toBeGreaterThan(0);
    expect(spentMs).toBeLessThanOrEqual(told.finishedUnixMs - told.startedUnixMs + 4);
  });

  it("sends a prompt of several megabytes whole", async () => {
    const runner = new ScriptedRunner(WORDS);
    await startWorker(runner);
    const requester = await startRequester();
    const prompt = "llama ".repeat(500_000);
    const requestJson = new TextEncoder().encode(JSON.stringify({ prompt }));
    await submit(requester, spec({ requestJson })).ended;
    expect(runner.jobs[0]?.request.prompt).toBe(prompt);
  });

  it("takes embeddings of several megabytes whole", async () => {
    const vectors = JSON.stringify([Array.from({ length: 150_000 }, (_, index) => index / 7)]);
    const embedder: JobRunner = {
      run: async (_job, emit) => {
        emit({ tokens: 0, promptTokens: 9, embeddingsJson: new TextEncoder().encode(vectors) });
        const durations = { loadDurationNs: 0, promptEvalDurationNs: 0, evalDurationNs: 0 };
        return { doneReason: "stop", promptTokens: 9, completionTokens: 0, ...durations };
      },
    };
    await startWorker(embedder);
    const result = await submit(await startRequester(), spec({ operation: Operation.EMBED })).ended;
    expect(result).toMatchObject({ outcome: "completed", promptTokens: 9 });
    expect(Buffer.from(result.embeddingsJson).toString() === vectors).toBe(true);
  });

  it("joins the chunks of a client that does not read along", async () => {
    await startWorker(new ScriptedRunner(WORDS));
    const job = submit(await startRequester(), spec({ coalesce: true }));
    expect(await job.ended).toMatchObject({ completionTokens: 40 });
    expect(job.text()).toBe(TEXT);
    expect(job.chunks).toHaveLength(1);
  });

  it("is refused by the engine: its words reach the client, nobody else is asked", async () => {
    await startWorker(new ScriptedRunner(WORDS, { accident: "refuse" }));
    await startWorker(new ScriptedRunner(WORDS, { accident: "refuse" }));
    const result = await submit(await startRequester(), spec()).ended;
    expect(result.error).toMatchObject({ code: "invalid_argument", message: "no such option" });
    expect(result.leases).toBe(1);
  });
});

describe("a lost worker", () => {
  it.each(["fail", "hang"] as const)(
    "is replaced in mid-stream without the client noticing (%s)",
    async (accident) => {
      const broken = new ScriptedRunner(WORDS, { accident, after: 15 });
      await startWorker(broken);
      const requester = await startRequester({ ...FAST, stallTimeoutMs: 700, firstChunkTimeoutMs: 700 });
      const jobSpec = spec();
      const job = submit(requester, jobSpec);
      await eventually(() => job.chunks.length === 15);
      const healthy = new ScriptedRunner(WORDS);
      const second = await startWorker(healthy);
      expect(await job.ended).toMatchObject({
        outcome: "completed",
        promptTokens: 3,
        completionTokens: 40,
        leases: 2,
      });
      expect(job.text()).toBe(TEXT);
      expect(healthy.jobs[0]?.resume).toMatchObject({
        deliveredText: WORDS.slice(0, 15).join(""),
        deliveredTokens: 15,
        deliveredTokensMax: 15,
        promptTokens: 3,
      });
      const { completed } = await eventually(async () => {
        const events = await eventsOf(jobSpec.jobId);
        return events.completed.length > 0 && events;
      });
      expect(completed.map((event) => event.workerId)).toEqual([second.identity.id]);
    },
  );

  it("that goes silent altogether is replaced, and told to stop when it speaks again", async () => {
    const requester = await startRequester();
    const jobSpec = spec();
    const silent = await connect();
    cleanups.push(() => silent.close());
    const job = submit(requester, jobSpec);
    const workerId = generateIdentity().id;
    const claim = {
      version: PROTOCOL_VERSION,
      jobId: jobSpec.jobId,
      workerId,
      ackSubject: "",
      modelDigest: DIGEST,
    };
    const bytes = encode(Claim, Claim.fromPartial(claim));
    const address = await addressOf(jobSpec.jobId);
    const reply = await silent.nats.request(SUBJECTS.claim(workerId, address), bytes);
    const answer = decodeWire(ClaimReply, reply.data, 1e6);
    expect(answer.ok && answer.message.result?.$case).toBe("grant");
    const healthy = new ScriptedRunner(WORDS);
    await startWorker(healthy);
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 2 });
    const stops: string[] = [];
    silent.nats.subscribe(SUBJECTS.control(workerId), {
      callback: (_error, msg) => void stops.push(msg.subject),
    });
    const chunks = [chunkOf(jobSpec.jobId, "too late")];
    const report = { version: PROTOCOL_VERSION, chunks, finals: [], progress: [] };
    silent.nats.publish(SUBJECTS.report(workerId, address), encode(WorkerReport, report));
    await eventually(() => stops.length > 0);
    expect(job.text()).toBe(TEXT);
  });

  it("that drains gives its job back, and another one goes on", async () => {
    const first = await startWorker(new ScriptedRunner(WORDS, { tokenMs: 40 }));
    const job = submit(await startRequester(), spec());
    await eventually(() => job.chunks.length > 3);
    await startWorker(new ScriptedRunner(WORDS));
    await first.stop();
    expect(await job.ended).toMatchObject({ outcome: "completed", completionTokens: 40, leases: 2 });
    expect(job.text()).toBe(TEXT);
  });

  it("costs the job only so many leases", async () => {
    for (let i = 0; i < 4; i++) await startWorker(new ScriptedRunner(WORDS, { accident: "fail" }));
    const result = await submit(await startRequester({ ...FAST, leasesMax: 3 }), spec()).ended;
    expect(result).toMatchObject({ outcome: "failed", leases: 3, error: { code: "aborted" } });
  });
});

describe("a restart of NATS", () => {
  it("in mid-stream ends no job: text and counts are whole", async () => {
    await startWorker(new ScriptedRunner(WORDS, { tokenMs: 30 }));
    await startWorker(new ScriptedRunner(WORDS, { tokenMs: 30 }));
    const requester = await startRequester({ ...FAST, progressTimeoutMs: 2_500 });
    const jobs = Array.from({ length: 4 }, () => submit(requester, spec()));
    await eventually(() => jobs.every((job) => job.chunks.length > 5));
    await nats.kill("SIGKILL");
    await nats.restart();
    for (const job of jobs) {
      expect(await job.ended).toMatchObject({ outcome: "completed", completionTokens: 40 });
      expect(job.text()).toBe(TEXT);
    }
  }, 30_000);
});

describe("the result of a job", () => {
  it("names the workers of all leases, and has the receipt that the last of them signed", async () => {
    const first = await startWorker(new ScriptedRunner(WORDS, { accident: "fail", after: 5 }));
    const job = submit(await startRequester(), spec());
    await eventually(() => job.chunks.length === 5);
    const second = await startWorker(new ScriptedRunner(WORDS));
    const { workerIds, receipt } = await job.ended;
    expect(workerIds).toEqual([first.identity.id, second.identity.id]);
    expect(receipt && openReceipt(receipt)).toMatchObject({
      jobId: job.handle.jobId,
      workerId: second.identity.id,
      lease: 2,
      completionTokens: 35,
    });
  });

  it("has no receipt when no worker was there to sign one", async () => {
    const job = submit(await startRequester(), spec());
    job.handle.cancel();
    const result = await job.ended;
    expect([result.workerIds, "receipt" in result]).toEqual([[], false]);
  });
});

describe("a cancelled job", () => {
  it("stops the engine at once and is charged for what was generated", async () => {
    const runner = new ScriptedRunner(WORDS, { tokenMs: 20 });
    await startWorker(runner);
    const jobSpec = spec();
    const job = submit(await startRequester(), jobSpec);
    await eventually(() => job.chunks.length >= 5);
    const cancelledAtMs = performance.now();
    job.handle.cancel();
    await eventually(() => runner.aborted === 1);
    expect(performance.now() - cancelledAtMs).toBeLessThan(200);
    const result = await job.ended;
    expect(result.outcome).toBe("cancelled");
    expect(result.completionTokens).toBeGreaterThanOrEqual(5);
    expect(result.completionTokens).toBeLessThan(40);
    const { completed } = await eventually(async () => {
      const events = await eventsOf(jobSpec.jobId);
      return events.completed.length > 0 && events;
    });
    expect(completed[0]).toMatchObject({
      outcome: Outcome.CANCELLED,
      completionTokens: result.completionTokens,
    });
  });

  it("that still waits for a worker ends at once, and the router hears of it", async () => {
    const jobSpec = spec();
    const job = submit(await startRequester(), jobSpec);
    job.handle.cancel();
    expect(await job.ended).toMatchObject({ outcome: "cancelled", leases: 0 });
    await eventually(() =>
      router.finished.some(({ jobId, lease }) => jobId === jobSpec.jobId && lease === 0),
    );
    await eventually(async () => (await eventsOf(jobSpec.jobId)).failed.length === 1);
  });

  it("past its deadline fails with deadline_exceeded", async () => {
    await startWorker(new ScriptedRunner(WORDS, { tokenMs: 50 }));
    const result = await submit(await startRequester(), spec({ deadlineUnixMs: Date.now() + 400 })).ended;
    expect(result.error?.code).toBe("deadline_exceeded");
  });
});

describe("a worker", () => {
  it("takes nothing while it is paused, and goes on when it is resumed", async () => {
    const runner = new ScriptedRunner(WORDS);
    const worker = await startWorker(runner);
    worker.runtime.pause();
    const job = submit(await startRequester(), spec());
    const before = router.renewals;
    await eventually(() => router.renewals >= before + 2);
    expect(runner.jobs).toEqual([]);
    worker.runtime.resume();
    expect(await job.ended).toMatchObject({ outcome: "completed" });
  });

  it("never runs more jobs at once than it has slots", async () => {
    let running = 0;
    let most = 0;
    const inner = new ScriptedRunner(WORDS.slice(0, 5), { tokenMs: 5 });
    const counting: JobRunner = {
      run: async (job, emit, signal) => {
        most = Math.max(most, ++running);
        try {
          return await inner.run(job, emit, signal);
        } finally {
          running -= 1;
        }
      },
    };
    await startWorker(counting, 2);
    const requester = await startRequester();
    const jobs = Array.from({ length: 12 }, () => submit(requester, spec()));
    for (const job of jobs) expect(await job.ended).toMatchObject({ outcome: "completed" });
    expect(most).toBe(2);
  });
});
