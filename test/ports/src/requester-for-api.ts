import { randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { JobHandle, JobResult, JobSink, JobSpec } from "@flock/jobs";
import { Operation } from "@flock/proto/jobs";
import { eventually } from "@flock/provision/testing";
import { startedForTest } from "./started.js";

/** What an engine does with a job: it generates these pieces, one token each, and then ends so. */
export interface Script {
  readonly pieces: readonly string[];
  readonly end: "stop" | "length" | "hang" | { readonly refusal: string } | { readonly embeddings: string };
}

/** A requester, and an engine behind it whose conduct a clause sets. */
export interface RequesterUnderContract {
  readonly requester: { submit(spec: JobSpec, sink: JobSink): JobHandle };
  /** A model that the engine serves. */
  readonly model: { readonly name: string; readonly digest: string };
  /** How every job is answered from now on. */
  answerWith(script: Script): void;
  stop(): Promise<void>;
}

const PIECES = ["a ", "b ", "c ", "d ", "e "];

/** A job that was submitted, and all that its sink was told, in order. */
interface Submitted {
  readonly handle: JobHandle;
  readonly told: string[];
  readonly ended: Promise<JobResult>;
  readonly closed: Promise<JobResult>;
}

/** What the api relies on when it has a job done. */
export function requesterForApiContract(name: string, start: () => Promise<RequesterUnderContract>): void {
  describe(`the contract of the requester with the api, as ${name} keeps it`, () => {
    const started = startedForTest(start);
    const submit = (changes: Partial<JobSpec> = {}): Submitted => {
      const { requester, model } = started();
      const told: string[] = [];
      const { promise: ended, resolve } = withResolvers<JobResult>();
      const { promise: closed, resolve: close } = withResolvers<JobResult>();
      const handle = requester.submit(specOf(model, changes), {
        onChunk: ({ text }) => void told.push(text),
        onEnd: (result) => {
          told.push(`end: ${result.outcome}`);
          resolve(result);
        },
        onClosed: close,
      });
      return { handle, told, ended, closed };
    };
    /** Returns when the requester has had another job done from beginning to end. */
    const anotherJob = async () => {
      started().answerWith({ pieces: PIECES, end: "stop" });
      await submit().ended;
    };
    const answerWith = (script: Script) => started().answerWith(script);
    answers({ submit, anotherJob, answerWith });
    holds({ submit, anotherJob, answerWith });
    limits({ submit, anotherJob, answerWith });
    ends({ submit, anotherJob, answerWith });
  });
}

interface Hands {
  readonly submit: (changes?: Partial<JobSpec>) => Submitted;
  readonly anotherJob: () => Promise<void>;
  readonly answerWith: (script: Script) => void;
}

function answers({ submit, anotherJob, answerWith }: Hands): void {
  it("an answer is delivered in order, each piece once, and its end once, last", async () => {
    answerWith({ pieces: PIECES, end: "stop" });
    const job = submit();
    expect(job.told).toEqual([]);
    await job.ended;
    await anotherJob();
    expect(job.told).toEqual([...PIECES, "end: completed"]);
  });

  it("an answer's end tells its reason, and as many tokens as were delivered", async () => {
    answerWith({ pieces: PIECES, end: "stop" });
    const result = await submit().ended;
    expect(result).toMatchObject({
      outcome: "completed",
      doneReason: "stop",
      completionTokens: PIECES.length,
      completionTokensBound: "exact",
      leases: 1,
    });
    expect(result.promptTokens).toBeGreaterThan(0);
    expect(result.error).toBeUndefined();
  });

  it("an answer's end tells its way: the worker, how private it was, where its time went, and what is charged", async () => {
    answerWith({ pieces: PIECES, end: "stop" });
    const hold = async () => ({ completionTokensMax: 100, heldMicro: 1_000n });
    const job = submit({ payer: { kind: "client", hold } });
    const result = await job.ended;
    expect(result.workerIds).toHaveLength(1);
    expect(result.privacy).toBe("sealed-to-worker");
    expect(Object.keys(result.timings)).toEqual(["queueMs", "claimMs", "prefillMs", "decodeMs"]);
    expect(Math.min(...Object.values(result.timings))).toBeGreaterThanOrEqual(0);
    expect(result.chargeMicro).toBe(BigInt(result.promptTokens) + 3n * BigInt(result.completionTokens));
    expect(await job.closed).toEqual(result);
    expect(job.handle.progress().workerIds).toEqual(result.workerIds);
  });

  it("an answer that nobody pays for is charged to nobody", async () => {
    answerWith({ pieces: PIECES, end: "stop" });
    expect((await submit().closed).chargeMicro).toBe(0n);
  });

  it("a handle knows the job's id", () => {
    const jobId = randomUUID();
    answerWith({ pieces: [], end: "stop" });
    expect(submit({ jobId }).handle.jobId).toBe(jobId);
  });

  it("embeddings come with the end, and no text before", async () => {
    answerWith({ pieces: [], end: { embeddings: "[[0.6,0.8]]" } });
    const job = submit({ operation: Operation.EMBED, acceptsEmbeddings: () => true });
    expect(Buffer.from((await job.ended).embeddingsJson).toString()).toBe("[[0.6,0.8]]");
    expect(job.told.filter((told) => told !== "")).toEqual(["end: completed"]);
  });

  it("embeddings that are not what was asked for complete no job", async () => {
    answerWith({ pieces: [], end: { embeddings: "[[0.6,0.8]]" } });
    const asked: string[] = [];
    const acceptsEmbeddings = (json: Uint8Array) => {
      asked.push(Buffer.from(json).toString());
      return false;
    };
    const job = submit({ operation: Operation.EMBED, acceptsEmbeddings });
    await eventually("they were looked at", () => asked.length > 0);
    job.handle.cancel();
    expect((await job.ended).outcome).not.toBe("completed");
    expect(asked[0]).toBe("[[0.6,0.8]]");
  });

  it("a request that the engine refuses fails in the engine's words", async () => {
    answerWith({ pieces: [], end: { refusal: "no such option" } });
    const job = submit();
    const error = expect.objectContaining({ code: "invalid_argument", message: "no such option" });
    expect(await job.ended).toMatchObject({ outcome: "failed", doneReason: "", error });
    expect(job.told).toEqual(["end: failed"]);
  });
}

function holds({ submit, anotherJob, answerWith }: Hands): void {
  it("nothing is delivered before the hold is granted, and all of it then", async () => {
    answerWith({ pieces: PIECES, end: "stop" });
    const { promise: hold, resolve: grant } = withResolvers<{ completionTokensMax: number }>();
    const job = submit({ payer: { kind: "client", hold: () => hold } });
    await anotherJob();
    expect(job.told).toEqual([]);
    grant({ completionTokensMax: 100 });
    await job.ended;
    expect(job.told).toEqual([...PIECES, "end: completed"]);
  });

  it.each(["insufficient_funds", "unavailable"] as const)(
    "a hold that fails as %s fails the job with that very error, and nothing is delivered",
    async (code) => {
      answerWith({ pieces: PIECES, end: "stop" });
      const refusal = new FlockError(code, "no hold");
      const { promise: hold, reject: refuse } = withResolvers<never>();
      const job = submit({ payer: { kind: "client", hold: () => hold } });
      await anotherJob();
      refuse(refusal);
      const result = await job.ended;
      expect(result).toMatchObject({ outcome: "failed", doneReason: "" });
      expect(result.error).toBe(refusal);
      await anotherJob();
      expect(job.told).toEqual(["end: failed"]);
    },
  );

  it("a job of an account in doubt is answered as any other, once its hold is granted", async () => {
    answerWith({ pieces: PIECES, end: "stop" });
    const job = submit({
      payer: { kind: "client", holdFirst: true, hold: async () => ({ completionTokensMax: 100 }) },
    });
    await job.ended;
    expect(job.told).toEqual([...PIECES, "end: completed"]);
  });

  it("a job that is cancelled while its hold is awaited ends as cancelled, and the hold changes nothing", async () => {
    answerWith({ pieces: PIECES, end: "stop" });
    const { promise: hold, resolve: grant } = withResolvers<{ completionTokensMax: number }>();
    const job = submit({ payer: { kind: "client", hold: () => hold } });
    job.handle.cancel();
    grant({ completionTokensMax: 100 });
    await job.ended;
    await anotherJob();
    expect(job.told).toEqual(["end: cancelled"]);
  });
}

function limits({ submit, answerWith }: Hands): void {
  it("an answer that the engine ends at the job's limit is whole, for the reason that the engine gives", async () => {
    answerWith({ pieces: PIECES.slice(0, 3), end: "length" });
    const result = await submit({ completionTokensMax: 3 }).ended;
    expect(result).toMatchObject({ outcome: "completed", doneReason: "length", completionTokens: 3 });
  });

  it.each(["before the answer", "after the answer"])(
    "a hold that pays for fewer tokens, granted %s, ends the answer there for its length",
    async (when) => {
      answerWith({ pieces: PIECES, end: "stop" });
      const { promise: hold, resolve: grant } = withResolvers<{ completionTokensMax: number }>();
      const job = submit({ payer: { kind: "client", hold: () => hold } });
      if (when === "after the answer") await submit().ended;
      grant({ completionTokensMax: 2 });
      const result = await job.ended;
      expect(result).toMatchObject({ outcome: "completed", doneReason: "length", completionTokens: 2 });
      expect(job.told).toEqual([...PIECES.slice(0, 2), "end: completed"]);
    },
  );

  it("an engine that generates more than the job's limit has its answer cut there", async () => {
    answerWith({ pieces: PIECES, end: "stop" });
    const job = submit({ completionTokensMax: 2 });
    const result = await job.ended;
    expect(result).toMatchObject({ outcome: "completed", doneReason: "length", completionTokens: 2 });
    expect(job.told).toEqual([...PIECES.slice(0, 2), "end: completed"]);
  });
}

function ends({ submit, anotherJob, answerWith }: Hands): void {
  const underWay = async () => {
    answerWith({ pieces: PIECES, end: "hang" });
    const job = submit();
    await eventually("all pieces are there", () => job.told.length === PIECES.length);
    return job;
  };

  it("a job that is cancelled ends as cancelled, and tells how many tokens were delivered", async () => {
    const job = await underWay();
    job.handle.cancel();
    const result = await job.ended;
    expect(result).toMatchObject({ outcome: "cancelled", doneReason: "", completionTokens: PIECES.length });
    expect(result.error).toBeUndefined();
    await anotherJob();
    expect(job.told).toEqual([...PIECES, "end: cancelled"]);
  });

  it("a job that its caller fails ends as failed, with that very error", async () => {
    const job = await underWay();
    const error = new FlockError("aborted", "the client reads too slowly");
    job.handle.fail(error);
    const result = await job.ended;
    expect(result).toMatchObject({ outcome: "failed", doneReason: "", completionTokens: PIECES.length });
    expect(result.error).toBe(error);
    await anotherJob();
    expect(job.told).toEqual([...PIECES, "end: failed"]);
  });

  it("a job that has ended is neither cancelled nor failed any more", async () => {
    answerWith({ pieces: PIECES, end: "stop" });
    const job = submit();
    await job.ended;
    job.handle.cancel();
    job.handle.fail(new FlockError("aborted", "too late"));
    await anotherJob();
    expect(job.told).toEqual([...PIECES, "end: completed"]);
  });

  it("a job that was cancelled is not failed any more, nor the other way round", async () => {
    const [cancelled, failed] = [await underWay(), await underWay()];
    cancelled.handle.cancel();
    cancelled.handle.fail(new FlockError("aborted", "too late"));
    failed.handle.fail(new FlockError("aborted", "in time"));
    failed.handle.cancel();
    expect([(await cancelled.ended).outcome, (await failed.ended).outcome]).toEqual(["cancelled", "failed"]);
  });
}

function specOf(model: RequesterUnderContract["model"], changes: Partial<JobSpec>): JobSpec {
  return {
    jobId: randomUUID(),
    accountId: "alice",
    tier: 0,
    operation: Operation.GENERATE,
    model: model.name,
    modelDigest: model.digest,
    promptPriceMicro: 1n,
    completionPriceMicro: 3n,
    promptBytes: 10,
    completionTokensMax: 1_000,
    deadlineUnixMs: Date.now() + 30_000,
    requestJson: new TextEncoder().encode('{"prompt":"hi"}'),
    resume: "continue",
    coalesce: false,
    traceparent: "",
    payer: { kind: "nobody" },
    ...changes,
  };
}

interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function withResolvers<T>(): Resolvers<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
