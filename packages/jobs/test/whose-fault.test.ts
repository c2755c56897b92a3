import { FlockError } from "@flock/errors";
import { Operation, Outcome } from "@flock/proto/jobs";
import type { GrantedJob, JobRunner, Piece, RunResult } from "../src/index.js";
import {
  eventsOf,
  eventually,
  FAST,
  router,
  spec,
  startRequester,
  startWorker,
  submit,
} from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

const DURATIONS = { loadDurationNs: 0, promptEvalDurationNs: 0, evalDurationNs: 0 };

/** A fake engine that fails each job in a way of its own, after so many pieces. */
class FailingRunner implements JobRunner {
  runs = 0;

  constructor(
    readonly error: () => unknown,
    readonly pieces = 0,
  ) {}

  async run(job: GrantedJob, emit: (piece: Piece) => void): Promise<RunResult> {
    this.runs += 1;
    const first = job.resume?.deliveredTokens ?? 0;
    for (let piece = 0; piece < this.pieces; piece++) emit({ text: `w${first + piece} `, tokens: 1 });
    throw this.error();
  }
}

/** What routers were told of a job's leases, without what they do not judge by. */
const toldOf = (jobId: string) =>
  router.finished
    .filter((one) => one.jobId === jobId)
    .map(({ outcome, lost, failedWorkerIds }) => ({ outcome, lost, failedWorkerIds }));

const blamed = (jobId: string) =>
  toldOf(jobId).filter(
    ({ outcome, failedWorkerIds }) => outcome === Outcome.FAILED || failedWorkerIds.length > 0,
  );

async function untilFailedIsTold(jobId: string): Promise<void> {
  const { completed } = await eventually(async () => {
    const events = await eventsOf(jobId);
    return events.failed.length > 0 && events;
  });
  expect(completed).toEqual([]);
}

describe("a request that no engine can serve", () => {
  it("is refused at once, in the engine's words, at no charge and to nobody's blame", async () => {
    const refusing = new FailingRunner(() => new FlockError("invalid_argument", "no such option"));
    await startWorker(refusing);
    await startWorker(refusing);
    const jobSpec = spec();
    const result = await submit(await startRequester(), jobSpec).ended;
    expect(result).toMatchObject({
      outcome: "failed",
      leases: 1,
      error: { code: "invalid_argument", message: "no such option" },
    });
    expect(refusing.runs).toBe(1);
    expect(blamed(jobSpec.jobId)).toEqual([]);
    await untilFailedIsTold(jobSpec.jobId);
  });

  it("is refused when a second engine says the same of it, also in words that nobody knows", async () => {
    const failing = new FailingRunner(() => new FlockError("aborted", "the tortoise is upside down"));
    await startWorker(failing);
    await startWorker(failing);
    const jobSpec = spec();
    const result = await submit(await startRequester(), jobSpec).ended;
    expect(result).toMatchObject({
      leases: 2,
      error: { code: "invalid_argument", message: "the tortoise is upside down" },
    });
    expect(blamed(jobSpec.jobId)).toEqual([]);
    await untilFailedIsTold(jobSpec.jobId);
  });

  it("is given up after three engines have failed at it in different ways", async () => {
    let failures = 0;
    const failing = new FailingRunner(() => new FlockError("unavailable", `failure ${++failures}`));
    for (let worker = 0; worker < 4; worker++) await startWorker(failing);
    const jobSpec = spec();
    const result = await submit(await startRequester(), jobSpec).ended;
    expect(result).toMatchObject({ leases: 3, error: { code: "aborted" } });
    expect(blamed(jobSpec.jobId)).toEqual([]);
    await untilFailedIsTold(jobSpec.jobId);
  });
});

describe("a worker", () => {
  it("is to blame for a failure once another one has completed the job", async () => {
    const failing = await startWorker(new FailingRunner(() => new FlockError("unavailable", "no memory"), 3));
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    await eventually(() => job.chunks.length === 3);
    expect(blamed(jobSpec.jobId)).toEqual([]);
    await startWorker(new ScriptedRunner(Array.from({ length: 10 }, (_, index) => `w${index} `)));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 2 });
    expect(job.text()).toBe(Array.from({ length: 10 }, (_, index) => `w${index} `).join(""));
    await eventually(() => blamed(jobSpec.jobId).length > 0);
    expect(blamed(jobSpec.jobId)).toEqual([
      { outcome: Outcome.COMPLETED, lost: false, failedWorkerIds: [failing.identity.id] },
    ]);
  });

  it("is not to blame for a client that goes away before anything was generated", async () => {
    const worker = await startWorker(new ScriptedRunner(["never"], { accident: "hang" }));
    const jobSpec = spec();
    const job = submit(await startRequester(), jobSpec);
    await eventually(() => worker.runtime.activeLeases === 1);
    job.handle.cancel();
    expect(await job.ended).toMatchObject({ outcome: "cancelled" });
    await eventually(() => toldOf(jobSpec.jobId).length > 0);
    expect(blamed(jobSpec.jobId)).toEqual([]);
  });

  it("may be silent while it writes a tool call, longer than between two pieces of text", async () => {
    const quiet: JobRunner = {
      run: async (_job, emit) => {
        emit({ text: "Let me see. ", tokens: 3 });
        await new Promise((resolve) => setTimeout(resolve, 600));
        emit({ tokens: 1, toolCallsJson: Buffer.from('[{"function":{"name":"f","arguments":{}}}]') });
        return { doneReason: "stop", promptTokens: 3, completionTokens: 40, ...DURATIONS };
      },
    };
    await startWorker(quiet);
    const requester = await startRequester({ ...FAST, stallTimeoutMs: 200 });
    const result = await submit(requester, spec({ mayBeQuiet: true, resume: "whole" })).ended;
    expect(result).toMatchObject({
      outcome: "completed",
      leases: 1,
      completionTokens: 40,
      completionTokensBound: "exact",
    });
  });

  it("loses a job that its engine does not begin, and is to blame only if another one does it", async () => {
    const stuck = await startWorker(new ScriptedRunner(["never"], { accident: "hang" }));
    const requester = await startRequester({ ...FAST, firstChunkTimeoutMs: 300 });
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    await eventually(() => toldOf(jobSpec.jobId).length > 0);
    expect(toldOf(jobSpec.jobId)).toEqual([{ outcome: Outcome.RETURNED, lost: false, failedWorkerIds: [] }]);
    await startWorker(new ScriptedRunner(["done"]));
    expect(await job.ended).toMatchObject({ outcome: "completed" });
    await eventually(() => blamed(jobSpec.jobId).length > 0);
    expect(blamed(jobSpec.jobId)[0]?.failedWorkerIds).toEqual([stuck.identity.id]);
  });

  it("is not paid for embeddings that are none, and the client is told that it failed", async () => {
    const embedder: JobRunner = {
      run: async (_job, emit) => {
        emit({ tokens: 0, promptTokens: 9, embeddingsJson: Buffer.from("[[]]") });
        return { doneReason: "stop", promptTokens: 9, completionTokens: 0, ...DURATIONS };
      },
    };
    for (let worker = 0; worker < 4; worker++) await startWorker(embedder);
    const jobSpec = spec({ operation: Operation.EMBED, resume: "whole", acceptsEmbeddings: () => false });
    const result = await submit(await startRequester(), jobSpec).ended;
    expect(result).toMatchObject({ outcome: "failed", error: { code: "aborted" } });
    await untilFailedIsTold(jobSpec.jobId);
  });

  it("is not paid for an answer that its requester found to be nonsense", async () => {
    await startWorker(
      new ScriptedRunner(
        Array.from({ length: 100 }, () => "x "),
        { tokenMs: 10 },
      ),
    );
    const jobSpec = spec();
    const job = submit(await startRequester(), jobSpec);
    await eventually(() => job.chunks.length > 3);
    job.handle.fail(new FlockError("aborted", "nonsense"), { isFree: true });
    expect(await job.ended).toMatchObject({ outcome: "failed" });
    await untilFailedIsTold(jobSpec.jobId);
  });
});

describe("a worker whose engine runs fewer jobs at once than it was set up for", () => {
  it("gives back what the engine queues, and from then on takes as many as it runs", async () => {
    let busy: Promise<void> = Promise.resolve();
    /** An engine that takes any number of jobs and works at one of them: a word every 20 ms, 50 words. */
    const serial: JobRunner = {
      run: async (_job, emit, signal) => {
        const before = busy;
        let done: () => void = () => {};
        busy = new Promise((resolve) => {
          done = resolve;
        });
        const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        try {
          await Promise.race([before, aborted]);
          for (let word = 0; word < 50; word++) {
            signal.throwIfAborted();
            emit({ text: "w ", tokens: 1 });
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          return { doneReason: "stop", promptTokens: 3, completionTokens: 50, ...DURATIONS };
        } finally {
          void before.then(done);
        }
      },
    };
    const first = await startWorker(serial, 4, { queuedAfterMs: 300, queuedAfterMsPerByte: 0 });
    const requester = await startRequester({ ...FAST, firstChunkTimeoutMs: 5_000, exclusionMs: 200 });
    const specs = [spec(), spec(), spec()];
    const jobs = specs.map((jobSpec) => submit(requester, jobSpec));
    await eventually(() => first.runtime.activeLeases === 3);
    await startWorker(new ScriptedRunner(["done"]));
    const results = await Promise.all(jobs.map(({ ended }) => ended));
    expect(results.map(({ outcome }) => outcome)).toEqual(["completed", "completed", "completed"]);
    expect(specs.flatMap(({ jobId }) => blamed(jobId))).toEqual([]);
    expect(first.runtime.slots).toBe(1);
  }, 20_000);
});
