import { generateIdentity } from "@flock/keys";
import { SteppedClock } from "@flock/mesh/testing";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, ClaimReply, WorkerControl } from "@flock/proto/jobs";
import { REQUESTER_DEFAULTS, type Requester } from "../src/index.js";
import { DIGEST } from "./fake-router.js";
import {
  addressOf,
  connect,
  eventually,
  mesh,
  type Running,
  spec,
  startRequester,
  submit,
} from "./protocol-rig.js";

/* What time decides at the requester, at the very millisecond: on a clock that the test steps. */

/** Less than what a requester takes for a pause of its own, after which nobody is judged. */
const PROGRESS_TIMEOUT_MS = 500;

/** Tells how often it was read, so that a test knows that the requester has looked. */
class WatchedClock extends SteppedClock {
  reads = 0;

  override nowMs(): number {
    this.reads += 1;
    return super.nowMs();
  }

  /** Waits until the requester, which is otherwise idle, has looked at every job since. */
  async lookedAt(): Promise<void> {
    const before = this.reads;
    await eventually(() => this.reads >= before + 3);
  }
}

let clock: WatchedClock;
let requester: Requester;
beforeEach(async () => {
  clock = new WatchedClock();
  requester = await startRequester({ progressTimeoutMs: PROGRESS_TIMEOUT_MS }, clock);
});

/** A worker that is granted the job and says nothing any more; what it is told to cancel. */
async function silentWorker(jobId: string): Promise<{ cancelled: string[]; close(): Promise<void> }> {
  const silent = await connect();
  const workerId = generateIdentity().id;
  const cancelled: string[] = [];
  silent.nats.subscribe(SUBJECTS.control(workerId), {
    callback: (_error, msg) => {
      const { command } = WorkerControl.decode(msg.data);
      if (command?.$case === "cancel") cancelled.push(command.value.jobId);
    },
  });
  const claim = Claim.fromPartial({ version: PROTOCOL_VERSION, jobId, workerId, modelDigest: DIGEST });
  const subject = SUBJECTS.claim(workerId, await addressOf(jobId));
  const reply = await silent.nats.request(subject, encode(Claim, claim));
  expect(ClaimReply.decode(reply.data).result?.$case).toBe("grant");
  return { cancelled, close: () => silent.close() };
}

async function endOf(job: Running): Promise<void> {
  job.handle.cancel();
  // The worker that was told to stop says nothing: the requester concludes without it.
  const timer = setInterval(() => clock.step(PROGRESS_TIMEOUT_MS), 100);
  await job.ended;
  clearInterval(timer);
}

describe("a lease", () => {
  it("lives while its worker was heard of within the timeout, and is lost a millisecond later", async () => {
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    const worker = await silentWorker(jobSpec.jobId);
    clock.step(PROGRESS_TIMEOUT_MS);
    await clock.lookedAt();
    await mesh.nats.flush();
    expect(worker.cancelled).toEqual([]);
    clock.step(1);
    await eventually(() => worker.cancelled.length > 0);
    expect(worker.cancelled).toEqual([jobSpec.jobId]);
    await endOf(job);
    await worker.close();
  });

  it("of a requester that did not run for a while gets a full timeout again", async () => {
    const jobSpec = spec({ deadlineUnixMs: clock.unixMs() + 3_600_000 });
    const job = submit(requester, jobSpec);
    const worker = await silentWorker(jobSpec.jobId);
    clock.step(60_000);
    await clock.lookedAt();
    clock.step(PROGRESS_TIMEOUT_MS);
    await clock.lookedAt();
    await mesh.nats.flush();
    expect(worker.cancelled).toEqual([]);
    clock.step(1);
    await eventually(() => worker.cancelled.length > 0);
    await endOf(job);
    await worker.close();
  });
});

describe("a lease whose engine is at work", () => {
  it("is not taken for stalled because its requester did not run for longer than an engine may be quiet", async () => {
    const jobSpec = spec({ deadlineUnixMs: clock.unixMs() + 3_600_000 });
    const job = submit(requester, jobSpec);
    const worker = await silentWorker(jobSpec.jobId);
    clock.step(REQUESTER_DEFAULTS.firstChunkTimeoutMs + 1);
    await clock.lookedAt();
    await mesh.nats.flush();
    expect(worker.cancelled).toEqual([]);
    await endOf(job);
    await worker.close();
  });
});

describe("a job", () => {
  it("may still be begun at its deadline, and fails a millisecond later", async () => {
    const job = submit(requester, spec({ deadlineUnixMs: clock.unixMs() + 400 }));
    let result: unknown;
    void job.ended.then((ended) => {
      result = ended;
    });
    clock.step(400);
    await clock.lookedAt();
    expect(result).toBeUndefined();
    clock.step(1);
    expect(await job.ended).toMatchObject({ outcome: "failed", error: { code: "deadline_exceeded" } });
  });
});
