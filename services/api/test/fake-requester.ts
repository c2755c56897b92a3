import { randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { DeliveredChunk, JobHandle, JobProgress, JobResult, JobSink, JobSpec } from "@flock/jobs";
import type { Part } from "@flock/mesh";
import { Operation } from "@flock/proto/jobs";
import { eventually } from "@flock/provision/testing";

const NOTHING = new Uint8Array();
/** What every job of the fake tells of its way. */
const PROGRESS: JobProgress = {
  workerIds: ["worker"],
  privacy: "sealed-to-worker",
  timings: { queueMs: 1.25, claimMs: 2.5, prefillMs: 3.75, decodeMs: 4 },
};
const PROMPT_TOKENS = 7;

/** A job in the hands of the fake: what was submitted, and the means to answer it. */
export class FakeJob {
  readonly spec: JobSpec;
  readonly body: Record<string, unknown>;
  readonly submittedMs = performance.now();
  /** When the client was found to be gone, on the monotonic clock. */
  cancelledMs: number | undefined;
  failure: FlockError | undefined;
  isEnded = false;
  #tokens = 0;
  /** What the hold pays for. */
  #paidTokens = Number.POSITIVE_INFINITY;
  readonly #sink: JobSink;

  constructor(spec: JobSpec, sink: JobSink) {
    this.spec = spec;
    this.#sink = sink;
    this.body = JSON.parse(Buffer.from(spec.requestJson).toString());
  }

  get handle(): JobHandle {
    return {
      jobId: this.spec.jobId,
      progress: () => PROGRESS,
      cancel: () => {
        if (this.isEnded) return;
        this.cancelledMs = performance.now();
        this.end({ outcome: "cancelled", doneReason: "" });
      },
      fail: (error) => this.fail(error),
    };
  }

  /** The hold is granted, for so many tokens. */
  pay(completionTokensMax: number): void {
    this.#paidTokens = completionTokensMax;
  }

  /** Delivers a piece, as far as the job's limit and its hold allow: an answer that reaches what is paid for ends. */
  chunk(text: string, more: Partial<DeliveredChunk> = {}): void {
    if (this.isEnded) return;
    const chunk = { text, thinking: "", tokens: 1, logprobsJson: NOTHING, toolCallsJson: NOTHING, ...more };
    const { completionTokensMax } = this.spec;
    if (chunk.tokens > 0 && this.#tokens >= completionTokensMax) return this.end({ doneReason: "length" });
    this.#tokens += chunk.tokens;
    this.#sink.onChunk(chunk);
    // A limit that the engine was told is kept by the engine.
    if (this.#paidTokens < completionTokensMax && this.#tokens >= this.#paidTokens)
      this.end({ doneReason: "length" });
  }

  end(change: Partial<JobResult> = {}): void {
    if (this.isEnded) return;
    const { embeddingsJson = NOTHING, outcome = "completed" } = change;
    if (outcome === "completed" && this.spec.acceptsEmbeddings?.(embeddingsJson) === false)
      return this.fail(new FlockError("aborted", "the worker failed to generate a response"));
    this.isEnded = true;
    const isCharged = outcome !== "failed" && this.spec.payer.kind !== "nobody";
    const { promptPriceMicro, completionPriceMicro } = this.spec;
    const costMicro = BigInt(PROMPT_TOKENS) * promptPriceMicro + BigInt(this.#tokens) * completionPriceMicro;
    const result: JobResult = {
      ...PROGRESS,
      outcome: "completed",
      doneReason: "stop",
      promptTokens: PROMPT_TOKENS,
      completionTokens: this.#tokens,
      completionTokensBound: "exact",
      loadDurationNs: 1,
      promptEvalDurationNs: 2_000,
      evalDurationNs: 3_000,
      embeddingsJson: NOTHING,
      leases: 1,
      chargeMicro: isCharged ? costMicro : 0n,
      ...change,
    };
    this.#sink.onEnd(result);
    this.#sink.onClosed?.(result);
  }

  fail(error: FlockError): void {
    if (this.isEnded) return;
    this.failure = error;
    this.end({ outcome: "failed", doneReason: "", error });
  }
}

/**
 * A fake of the requester (and the whole network behind it), held to the same contract as the real one: keeps each job
 * and hands it to `onJob`, which answers it when and how the test wants, once its hold is granted.
 */
export class FakeRequester implements Part {
  readonly name = "fake requester";
  readonly eventName = randomUUID();
  readonly jobs: FakeJob[] = [];
  onJob: (job: FakeJob) => void = answerWithEcho;
  /** Why no worker is there for a job; undefined: one is. Nothing is held for a job that none is there for. */
  isUnplaced: (spec: JobSpec) => FlockError | undefined = () => undefined;

  submit(spec: JobSpec, sink: JobSink): JobHandle {
    const job = new FakeJob(spec, sink);
    this.jobs.push(job);
    const unplaced = this.isUnplaced(spec);
    if (unplaced !== undefined) {
      const end = { outcome: "failed", error: unplaced, isUnplaced: true, leases: 0, workerIds: [] } as const;
      setImmediate(() => job.end({ ...end, doneReason: "" }));
      return job.handle;
    }
    const held = spec.payer.kind === "nobody" ? Promise.resolve(undefined) : spec.payer.hold();
    held.then(
      (granted) => {
        if (granted !== undefined) job.pay(granted.completionTokensMax);
        this.onJob(job);
      },
      (error: unknown) => job.fail(FlockError.from(error)),
    );
    return job.handle;
  }

  /** Ends what the test has left. */
  giveUp(): void {
    for (const job of this.jobs) job.fail(new FlockError("aborted", "the test is over"));
  }

  get lastJob(): FakeJob {
    const job = this.jobs.at(-1);
    if (job === undefined) throw new Error("no job was submitted");
    return job;
  }

  async start(stop: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
    await eventually("all jobs have ended", () => this.jobs.every((job) => job.isEnded));
  }
}

/**
 * Answers as a model would that repeats what it is told, one word per token, within `num_predict`: enough for tests of
 * the api's own conduct. The chunks come one per turn of the event loop.
 */
export function answerWithEcho(job: FakeJob): void {
  if (job.spec.operation === Operation.EMBED) {
    const input = job.body["input"] as string[];
    const embeddingsJson = Buffer.from(JSON.stringify(input.map(() => [0.6, 0.8])));
    // Vectors come in a piece without text.
    job.chunk("", { tokens: 0 });
    return job.end({ embeddingsJson });
  }
  const words = promptOf(job).split(/(?<= )/);
  const isCut = words.length > job.spec.completionTokensMax;
  const said = words.slice(0, job.spec.completionTokensMax);
  const next = (): void => {
    const word = said.shift();
    if (word === undefined) return job.end({ doneReason: isCut ? "length" : "stop" });
    const logprobs = job.body["logprobs"]
      ? [{ token: word, logprob: -0.5, bytes: [...Buffer.from(word)] }]
      : [];
    job.chunk(word, {
      logprobsJson: logprobs.length > 0 ? Buffer.from(JSON.stringify(logprobs)) : NOTHING,
    });
    setImmediate(next);
  };
  setImmediate(next);
}

function promptOf(job: FakeJob): string {
  const messages = job.body["messages"] as { content: string }[] | undefined;
  return messages?.at(-1)?.content ?? String(job.body["prompt"]);
}
