import { FlockError } from "@flock/errors";
import { systemClock } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { Operation } from "@flock/proto/jobs";
import { eventually } from "@flock/provision/testing";
import type { AnswerClient, AnswerSink } from "../src/answers/answer-sink.js";
import { collectAnswer } from "../src/answers/collected-answer.js";
import { type StreamFormat, streamAnswer } from "../src/answers/streamed-answer.js";
import { Inference } from "../src/inference/inference.js";
import type { ChatRequest } from "../src/inference/inference-request.js";
import { samplingOptions } from "../src/inference/model-options.js";
import { DEFAULT_RIGHTS } from "../src/keys/key-rights.js";
import { ApiMetrics } from "../src/metrics.js";
import { RequestContext } from "../src/request-context.js";
import type { JobStories } from "../src/stories/job-stories.js";
import { FakeRequester } from "./fake-requester.js";
import { endAll, unkeptStories } from "./fake-stories.js";
import { ABLE_MODEL, fixedCatalogue, noAllowances, PLAIN_MODEL, TEST_ALIASES } from "./start-test-api.js";

/** What a transport of messages would send: objects, no text. */
type Frame = { text: string } | { done: string } | { failed: string; message: string };

/** A format of frames that are objects, as a front with typed messages has it. */
const frames: StreamFormat<Frame> = {
  piece: ({ text }) => ({ text }),
  end: ({ doneReason }) => ({ done: doneReason }),
  error: ({ code, message }) => ({ failed: code, message }),
};

/** A client whose answer goes into an array, and who is given up when he leaves more than `unreadMax` frames unread. */
class ArrayClient implements AnswerClient<Frame>, AnswerSink<Frame> {
  readonly received: Frame[] = [];
  isOpen = false;
  isOver = false;
  #unread = 0;
  readonly #leaving = new AbortController();
  readonly gone = this.#leaving.signal;

  constructor(
    private readonly context: RequestContext,
    private readonly unreadMax = Number.POSITIVE_INFINITY,
  ) {}

  open(): AnswerSink<Frame> {
    if (this.isOpen) throw new Error("an answer begins once");
    this.isOpen = true;
    return this;
  }

  write(frame: Frame): void {
    if (this.isOver || this.gone.aborted) return;
    this.received.push(frame);
    this.#unread += 1;
    if (this.#unread <= this.unreadMax) return;
    this.context.facts.cutOff = "unsent";
    this.leave();
  }

  end(frame: Frame): void {
    this.write(frame);
    this.isOver = true;
  }

  /** Reads all that was written. */
  read(): void {
    this.#unread = 0;
  }

  leave(): void {
    this.#leaving.abort();
  }
}

describe("inference without HTTP", () => {
  const { meter } = createMetrics("test");
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger("test", "info", { write: (line) => void logs.push(JSON.parse(line)) });
  let requester: FakeRequester;
  let inference: Inference;
  let stories: JobStories;
  /** Places that the account has taken. */
  let running: number;
  let context: RequestContext;

  beforeEach(() => {
    requester = new FakeRequester();
    stories = unkeptStories();
    running = 0;
    requester.onJob = () => {};
    inference = new Inference({
      catalogue: fixedCatalogue([PLAIN_MODEL, ABLE_MODEL]),
      requester,
      holds: { hold: async ({ bounds }) => bounds },
      allowances: noAllowances,
      aliases: TEST_ALIASES,
      admission: {
        levelOf: () => 0,
        begin: () => {
          running += 1;
          return () => {
            running -= 1;
          };
        },
      },
      metrics: new ApiMetrics(meter),
      stories,
      completionTokensMax: 4_096,
      jobTimeoutMs: 60_000,
      holdGraceMs: 10_000,
      clock: systemClock,
    });
    context = new RequestContext("request-1", undefined);
    context.identify({ keyId: "key-1", accountId: "alice", rights: DEFAULT_RIGHTS });
  });

  afterEach(async () => {
    await endAll(requester, stories);
    expect(running).toBe(0);
  });

  const request: ChatRequest = {
    operation: Operation.CHAT,
    model: ABLE_MODEL.name,
    messages: [{ role: "user", content: "hello" }],
    options: samplingOptions({ temperature: 0 }),
    isStreamed: true,
  };
  const stream = (client: ArrayClient, asked = request) =>
    streamAnswer({ inference, logger }, context, asked, frames, client);

  it("ends a job that the requester does not take like any other, with nothing of it left", async () => {
    requester.submit = () => {
      throw new FlockError("invalid_argument", "too many workers are excluded");
    };
    await expect(stream(new ArrayClient(context))).rejects.toMatchObject({ code: "invalid_argument" });
    expect([running, stories.open, context.facts.error]).toEqual([0, 0, "invalid_argument"]);
    let isOver = false;
    context.whenJobEnded(() => {
      isOver = true;
    });
    expect(isOver).toBe(true);
  });

  it("submits the job of whoever the context names, and gives the sink every piece and the end", async () => {
    const client = new ArrayClient(context);
    const begun = stream(client);
    const { spec, body } = requester.lastJob;
    expect(spec).toMatchObject({ jobId: "request-1", accountId: "alice", traceparent: context.traceparent });
    expect(body).toMatchObject({ messages: request.messages, options: { temperature: 0 } });
    expect(client.isOpen).toBe(false);
    requester.lastJob.chunk("a");
    await begun;
    requester.lastJob.chunk("b");
    requester.lastJob.chunk("");
    requester.lastJob.end();
    expect(client.received).toEqual([{ text: "a" }, { text: "b" }, { done: "stop" }]);
    expect(client.isOver).toBe(true);
    expect(context.firstByteMs).toBeGreaterThanOrEqual(context.startedMs);
    expect(context.facts).toMatchObject({ outcome: "completed", model: ABLE_MODEL.name });
  });

  it("refuses before the answer begins, and tells of a late error in the stream", async () => {
    const client = new ArrayClient(context);
    const tooMuch = stream(client, { ...request, model: PLAIN_MODEL.name, thinking: true });
    await expect(tooMuch).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(stream(client, { ...request, model: "nobody:1b" })).rejects.toMatchObject({
      code: "not_found",
    });
    const early = stream(client);
    requester.lastJob.fail(new FlockError("aborted", "the worker failed"));
    await expect(early).rejects.toMatchObject({ code: "aborted" });
    expect(client.isOpen).toBe(false);

    const late = stream(client);
    requester.lastJob.chunk("a");
    await late;
    requester.lastJob.fail(new FlockError("internal", "secret detail"));
    expect(client.received).toEqual([{ text: "a" }, { failed: "internal", message: "internal error" }]);
    expect(logs).toContainEqual(expect.objectContaining({ msg: "stream failed", requestId: "request-1" }));
  });

  it("cancels the job of a client that goes away, before the answer and in the middle of it", async () => {
    for (const pieces of [[], ["a"]]) {
      const client = new ArrayClient(context);
      const begun = stream(client);
      for (const piece of pieces) requester.lastJob.chunk(piece);
      client.leave();
      expect(requester.lastJob.cancelledMs).toBeDefined();
      await begun;
      expect(client.received).toHaveLength(pieces.length);
    }
    const client = new ArrayClient(context);
    client.leave();
    await stream(client);
    expect(requester.lastJob.cancelledMs).toBeDefined();
  });

  it("fails the job of a client that does not read, and lets one that is only slow have all of it", async () => {
    const slow = new ArrayClient(context, 2);
    const begun = stream(slow);
    for (let piece = 0; piece < 10; piece++) {
      requester.lastJob.chunk("x");
      slow.read();
    }
    requester.lastJob.end();
    await begun;
    expect(slow.received).toHaveLength(11);

    const stuck = new ArrayClient(context, 2);
    const stopped = stream(stuck);
    for (let piece = 0; piece < 10; piece++) requester.lastJob.chunk("x");
    await stopped;
    expect(requester.lastJob.failure).toMatchObject({
      code: "aborted",
      message: "the client did not read its answer",
    });
    expect(stuck.received).toHaveLength(3);
    expect(context.facts).toMatchObject({ cutOff: "unsent", outcome: "failed" });
  });

  it("collects a whole answer, and cancels the job when its client goes away", async () => {
    const client = new AbortController();
    const ask = () => collectAnswer(inference, context, { ...request, isStreamed: false }, client.signal);
    const answer = ask();
    requester.lastJob.chunk("a", { thinking: "hm" });
    requester.lastJob.chunk("b");
    requester.lastJob.end();
    expect(await answer).toMatchObject({ text: "ab", thinking: "hm", result: { promptTokens: 7 } });
    const abandoned = ask();
    client.abort();
    await expect(abandoned).rejects.toMatchObject({ code: "cancelled" });
    await expect(ask()).rejects.toMatchObject({ code: "cancelled" });
    await eventually("all jobs have ended", () => requester.jobs.every(({ isEnded }) => isEnded));
  });
});
