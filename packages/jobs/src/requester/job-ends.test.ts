import { type CompletedJob, type FailedJob, InferenceCompleted, InferenceFailed } from "@flock/proto/events";
import { jest } from "@jest/globals";
import { JobEnds } from "./job-ends.js";

interface Told {
  readonly subject: string;
  readonly messageId: string;
  readonly event: InferenceCompleted | InferenceFailed;
}

const told: Told[] = [];
let flushed = 0;
let ends: JobEnds;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ["queueMicrotask"] });
  told.length = 0;
  flushed = 0;
  const events = {
    publish: (subject: string, messageId: string, _: unknown, event: unknown) => {
      told.push({ subject, messageId, event: event as Told["event"] });
      return Promise.resolve(true);
    },
    flush: () => {
      flushed += 1;
      return Promise.resolve();
    },
  };
  ends = new JobEnds(events, "requester");
});
afterEach(() => {
  jest.useRealTimers();
});

function completed(jobId: string, receiptBytes = 200): CompletedJob {
  const receipt = { receipt: new Uint8Array(receiptBytes), signature: new Uint8Array(64), signer: "worker" };
  return InferenceCompleted.fromPartial({ jobs: [{ jobId, receipt }] }).jobs[0] as CompletedJob;
}

function failed(jobId: string): FailedJob {
  return InferenceFailed.fromPartial({ jobs: [{ jobId }] }).jobs[0] as FailedJob;
}

const jobsTold = () => told.map(({ event }) => event.jobs.map(({ jobId }) => jobId));
const microtasks = () => Promise.resolve().then(() => Promise.resolve());

describe("the ends of a requester's jobs", () => {
  it("are told at once when nothing was told before", async () => {
    ends.completed(completed("a"));
    ends.completed(completed("b"));
    await microtasks();
    expect(jobsTold()).toEqual([["a", "b"]]);
    expect(told[0]).toMatchObject({
      subject: "evt.inference.completed",
      event: { requesterId: "requester" },
    });
  });

  it("go together when they follow within 10 ms", async () => {
    ends.completed(completed("a"));
    await microtasks();
    ends.completed(completed("b"));
    await jest.advanceTimersByTimeAsync(6);
    ends.completed(completed("c"));
    expect(jobsTold()).toEqual([["a"]]);
    await jest.advanceTimersByTimeAsync(4);
    expect(jobsTold()).toEqual([["a"], ["b", "c"]]);
  });

  it("are told by message ids of their own, failures apart from completions", async () => {
    ends.completed(completed("a"));
    ends.failed(failed("b"));
    await microtasks();
    expect(told.map(({ subject }) => subject)).toEqual(["evt.inference.completed", "evt.inference.failed"]);
    expect(told.map(({ messageId }) => messageId)).toEqual(["requester-1", "requester-2"]);
  });

  it("are cut into events that the stream takes", async () => {
    const jobs = Array.from({ length: 60 }, (_, job) => completed(`${job}`, 4_096));
    for (const job of jobs) ends.completed(job);
    await ends.flush();
    expect(jobsTold().flat()).toEqual(jobs.map(({ jobId }) => jobId));
    for (const { event } of told)
      expect(InferenceCompleted.encode(event as InferenceCompleted).finish().length).toBeLessThan(64 * 1024);
  });

  it("are all out when it is flushed", async () => {
    ends.completed(completed("a"));
    await microtasks();
    ends.completed(completed("b"));
    ends.failed(failed("c"));
    await ends.flush();
    expect(jobsTold()).toEqual([["a"], ["b"], ["c"]]);
    expect(flushed).toBe(1);
    await jest.advanceTimersByTimeAsync(20);
    expect(told).toHaveLength(3);
  });
});
