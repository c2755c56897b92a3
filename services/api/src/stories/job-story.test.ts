import { FlockError } from "@flock/errors";
import type { JobResult } from "@flock/jobs";
import { SignedReceipt } from "@flock/proto/jobs";
import { WorkerAliases } from "../workers/worker-alias.js";
import { JobStory } from "./job-story.js";

const ALIASES = new WorkerAliases(Buffer.alloc(32, 1));
const [FIRST, SECOND] = [ALIASES.aliasOf("alice", "worker-1"), ALIASES.aliasOf("alice", "worker-2")];
const RECEIPT = { receipt: Buffer.from("receipt"), signature: Buffer.from("signature"), signer: "worker-2" };
const RESULT: JobResult = {
  outcome: "completed",
  doneReason: "stop",
  promptTokens: 3,
  completionTokens: 4,
  completionTokensBound: "exact",
  loadDurationNs: 5,
  promptEvalDurationNs: 6,
  evalDurationNs: 7,
  embeddingsJson: Buffer.from("[[1]]"),
  leases: 2,
  chargeMicro: 15n,
  workerIds: ["worker-1", "worker-2"],
  privacy: "plaintext",
  timings: { queueMs: 1.000_4, claimMs: 2, prefillMs: 3, decodeMs: 4 },
  receipt: RECEIPT,
};
const ERROR = new FlockError("deadline_exceeded", "too late");

function newStory(): JobStory {
  const head = {
    jobId: "job",
    accountId: "alice",
    keyId: "key",
    model: "m:latest",
    traceId: "trace",
    isOptedOut: false,
  };
  return new JobStory({ ...head, startedMs: performance.now(), createdUnixMs: 1, lostUnixMs: 2 }, ALIASES);
}

describe("the story of a job", () => {
  it("knows its ids from the beginning, and nobody yet", () => {
    const story = newStory();
    expect(story.told()).toMatchObject({
      jobId: "job",
      traceId: "trace",
      worker: undefined,
      workers: [],
      privacy: undefined,
      resumes: 0,
      isEnded: false,
      chargeMicro: undefined,
    });
    expect(story.record()).toMatchObject({ state: "running", finishedUnixMs: undefined, chargeMicro: 0n });
  });

  it("follows the job as it goes on, and calls workers by their aliases", () => {
    const story = newStory();
    const workerIds = ["worker-1"];
    const timings = { queueMs: 1, claimMs: 2, prefillMs: 3, decodeMs: 0 };
    story.follow({ progress: () => ({ workerIds, privacy: "plaintext", timings }) });
    expect(story.told()).toMatchObject({ worker: FIRST, privacy: "plaintext", resumes: 0, timings });
    workerIds.push("worker-2");
    expect(story.told()).toMatchObject({ worker: SECOND, workers: [FIRST, SECOND], resumes: 1 });
    expect(story.record()).toMatchObject({ state: "running", workers: [FIRST, SECOND] });
  });

  it("is told whole with the end of an answer, and kept once nothing changes any more", () => {
    const story = newStory();
    story.ended(RESULT);
    const told = story.told();
    expect(told).toMatchObject({ workers: [FIRST, SECOND], resumes: 1, isEnded: true, chargeMicro: 15n });
    expect(told.timings).toMatchObject({ queueMs: 1, claimMs: 2, prefillMs: 3, decodeMs: 4 });
    expect(story.record().state).toBe("running");
    story.closed(RESULT, 9);
    const record = story.record();
    expect(record).toMatchObject({
      id: "job",
      state: "completed",
      finishedUnixMs: 9,
      promptTokens: 3,
      completionTokens: 4,
      chargeMicro: 15n,
      doneReason: "stop",
      errorCode: undefined,
      timings: told.timings,
    });
    expect(SignedReceipt.decode(record.receipt ?? new Uint8Array())).toEqual(RECEIPT);
  });

  it("does not say what an error costs before that is certain", () => {
    const story = newStory();
    const failed: JobResult = { ...RESULT, outcome: "failed", doneReason: "", error: ERROR, chargeMicro: 0n };
    story.ended(failed);
    expect(story.told()).toMatchObject({ isEnded: true, chargeMicro: undefined });
    story.closed({ ...failed, chargeMicro: 7n }, 9);
    expect(story.told().chargeMicro).toBe(7n);
    expect(story.record()).toMatchObject({
      state: "failed",
      errorCode: "deadline_exceeded",
      chargeMicro: 7n,
    });
  });

  it("never has a worker's id, whatever is made of it", () => {
    const story = newStory();
    story.ended(RESULT);
    const { receipt: _namesItsSigner, ...unsigned } = RESULT;
    story.closed(unsigned, 9);
    const text = JSON.stringify([story.told(), story.record()], (_name, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(text).toContain(FIRST);
    expect(text).not.toMatch(/worker-[12]/);
  });

  it("has a receipt of its own, and not the message that it came in, which may be large", () => {
    const story = newStory();
    const message = Buffer.from("receipt in a message");
    story.closed({ ...RESULT, receipt: { ...RECEIPT, receipt: message.subarray(0, 7) } }, 9);
    message.fill(0);
    const { receipt = new Uint8Array() } = story.record();
    expect(SignedReceipt.decode(receipt)).toEqual(RECEIPT);
    expect(receipt.buffer.byteLength).toBeLessThan(10_000);
  });

  it("keeps of a worker's reason what a database takes, and not much", () => {
    const story = newStory();
    const doneReason = `a\0b\ud800${"é".repeat(100)}`;
    story.closed({ ...RESULT, doneReason }, 9);
    expect(story.record().doneReason).toBe(`a?b?${"?".repeat(60)}`);
  });
});
