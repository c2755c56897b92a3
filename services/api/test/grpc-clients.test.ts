import { connect as connectHttp2, constants } from "node:http2";
import { ZERO } from "@flock/money";
import { DEFAULT_PARAMETERS } from "@flock/parameters";
import { InferenceDefinition } from "@flock/proto/public";
import { eventually } from "@flock/provision/testing";
import { status } from "@grpc/grpc-js";
import { AccountTiers } from "../src/tiers/account-tiers.js";
import { StakeView } from "../src/tiers/stake-view.js";
import type { FakeJob } from "./fake-requester.js";
import { detailsOf, failureOf } from "./grpc-client.js";
import { PLAIN_MODEL } from "./start-test-api.js";
import { startTestGrpc, type TestGrpc } from "./start-test-grpc.js";

const { chat, embed } = InferenceDefinition.methods;
const model = PLAIN_MODEL.name;
const hello = { model, messages: [{ role: "user", content: "hello" }] };
const KIB = 1024;

/** Produces `text` once per turn of the event loop until the job has ended or `pieces` are out. */
async function produce(job: FakeJob, text: string, pieces: number): Promise<number> {
  for (let piece = 0; piece < pieces; piece++) {
    if (job.isEnded) return piece;
    job.chunk(text);
    await new Promise(setImmediate);
  }
  return pieces;
}

describe("gRPC's clients", () => {
  let api: TestGrpc;
  afterEach(() => api.stop());

  const submitted = async (count = 1) => {
    await eventually("the job was submitted", () => api.requester.jobs.length === count);
    return api.requester.lastJob;
  };

  it("that cancel have their job cancelled, before its first piece and in the middle", async () => {
    api = await startTestGrpc();
    api.requester.onJob = () => {};
    for (const pieces of [0, 1]) {
      const answer = api.client.stream(InferenceDefinition, chat, hello);
      const job = await submitted(pieces + 1);
      if (pieces > 0) {
        job.chunk("a");
        await eventually("the piece is there", () => answer.received.length === 1);
      }
      answer.call.cancel();
      await eventually("the job is cancelled", () => job.cancelledMs !== undefined);
      expect(await failureOf(answer.all)).toMatchObject({ code: status.CANCELLED });
    }
    await eventually(
      "both are logged",
      () => api.logs.filter((line) => line["msg"] === "request").length === 2,
    );
    expect(api.logs.filter((line) => line["msg"] === "request")).toEqual([
      expect.objectContaining({ grpcStatus: "CANCELLED", outcome: "cancelled", level: "info" }),
      expect.objectContaining({ grpcStatus: "CANCELLED", outcome: "cancelled", level: "info" }),
    ]);
  });

  it("that lose their connection have their jobs cancelled", async () => {
    api = await startTestGrpc();
    api.requester.onJob = () => {};
    const answers = [1, 2].map(() => api.client.stream(InferenceDefinition, chat, hello));
    await submitted(2);
    api.client.close();
    for (const { call } of answers) call.cancel();
    await eventually("the jobs have ended", () => api.requester.jobs.every(({ isEnded }) => isEnded));
  });

  it("bound the time of their job by their deadline, and are told when it is over", async () => {
    api = await startTestGrpc();
    api.requester.onJob = () => {};
    const startedMs = Date.now();
    const answer = api.client.stream(InferenceDefinition, chat, hello, { deadline: startedMs + 700 });
    const job = await submitted();
    const leftMs = job.spec.deadlineUnixMs - startedMs;
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(1_000);
    expect(await failureOf(answer.all)).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await eventually("the job is cancelled", () => job.cancelledMs !== undefined);
    await eventually("it is logged", () => api.logs.some((line) => line["msg"] === "request"));
    expect(["DEADLINE_EXCEEDED", "CANCELLED"]).toContain(api.logs.at(-1)?.["grpcStatus"]);
  });

  it("that say no deadline have the api's, and nobody has a longer one", async () => {
    api = await startTestGrpc();
    api.requester.onJob = () => {};
    for (const [calls, deadline] of [undefined, Date.now() + 3_600_000].entries()) {
      const beforeMs = Date.now();
      const answer = api.client.stream(
        InferenceDefinition,
        chat,
        hello,
        deadline === undefined ? {} : { deadline },
      );
      const job = await submitted(calls + 1);
      expect(job.spec.deadlineUnixMs).toBeGreaterThanOrEqual(beforeMs + 60_000);
      expect(job.spec.deadlineUnixMs).toBeLessThanOrEqual(Date.now() + 60_000);
      answer.call.cancel();
    }
  });

  it("that wait longer than their deadline are told by the server itself, with details", async () => {
    api = await startTestGrpc();
    api.requester.onJob = () => {};
    // A client that does not keep its own deadline, as only the wire shows.
    const session = connectHttp2(`http://${api.address}`);
    const stream = session.request({
      ":method": "POST",
      ":path": "/flock.public.v1.Inference/Chat",
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-timeout": "300m",
      authorization: `Bearer ${api.apiKey}`,
    });
    const message = Buffer.from(chat.requestType.encode(chat.requestType.fromPartial(hello)).finish());
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([head, message]));
    const headers = await new Promise<Record<string, unknown>>((resolve) =>
      stream.once("response", (received) => resolve({ ...received })),
    );
    expect(headers).toMatchObject({ "grpc-status": String(status.DEADLINE_EXCEEDED) });
    expect(headers["grpc-status-details-bin"]).toBeDefined();
    expect(headers["x-request-id"]).toBe(api.requester.lastJob.spec.jobId);
    await eventually("the job is cancelled", () => api.requester.lastJob.cancelledMs !== undefined);
    session.destroy();
    await eventually("it is logged", () =>
      api.logs.some((line) => line["grpcStatus"] === "DEADLINE_EXCEEDED"),
    );
  });

  it("that do not read are cut off when more than the bound waits for them, and their job fails", async () => {
    api = await startTestGrpc({ unsentBytesMax: 256 * KIB });
    api.requester.onJob = () => {};
    const slow = api.client.stream(InferenceDefinition, chat, hello);
    slow.call.pause();
    const job = await submitted();
    const pieces = await produce(job, "x".repeat(16 * KIB), 4_000);
    expect(pieces).toBeLessThan(2_000);
    expect(job.failure).toMatchObject({ code: "aborted", message: "the client did not read its answer" });
    await eventually("it was logged", () => api.logs.some((line) => line["cutOff"] === "unsent"));
    // The stream is reset: the client need not read to learn of it.
    const failure = new Promise((resolve) => slow.call.once("error", resolve));
    slow.call.resume();
    expect(await failure).toMatchObject({ code: status.CANCELLED });
    await eventually("no call is open", async () => /api_grpc_calls_active\S* 0/.test(await api.metrics()));
  });

  it("that do not read are cut off when nothing moves for too long, though little waits", async () => {
    api = await startTestGrpc({ stallTimeoutMs: 300 });
    api.requester.onJob = () => {};
    const slow = api.client.stream(InferenceDefinition, chat, hello);
    slow.call.pause();
    const job = await submitted();
    // Fill what is taken unread, just until something has to wait here.
    for (let piece = 0; piece < 500 && !job.isEnded; piece++) await produce(job, "x".repeat(4 * KIB), 1);
    await eventually("the job has ended", () => job.isEnded);
    await eventually("it was logged", () => api.logs.some((line) => line["cutOff"] !== undefined));
    expect(job.failure).toMatchObject({ code: "aborted" });
  });

  it("that leave a whole answer unread are cut off, too", async () => {
    api = await startTestGrpc({ stallTimeoutMs: 200 });
    api.requester.onJob = (job) => job.end({ embeddingsJson: Buffer.from(JSON.stringify(VECTORS)) });
    const session = connectHttp2(`http://${api.address}`, { settings: { initialWindowSize: 1_000 } });
    const stream = session.request({
      ":method": "POST",
      ":path": "/flock.public.v1.Inference/Embed",
      "content-type": "application/grpc",
      te: "trailers",
      authorization: `Bearer ${api.apiKey}`,
    });
    const message = Buffer.from(
      embed.requestType.encode(embed.requestType.fromPartial({ model, input: ["a"] })).finish(),
    );
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    const closed = new Promise<number | undefined>((resolve) =>
      stream.once("close", () => resolve(stream.rstCode)),
    );
    stream.on("error", () => {});
    stream.pause();
    stream.end(Buffer.concat([head, message]));
    await eventually("it was logged", () => api.logs.some((line) => line["cutOff"] === "stalled"));
    stream.resume();
    expect(await closed).toBe(constants.NGHTTP2_CANCEL);
    session.destroy();
  });

  it("that read are not disturbed by those who do not, even on the same connection", async () => {
    api = await startTestGrpc({ unsentBytesMax: 256 * KIB });
    api.requester.onJob = () => {};
    const slow = api.client.stream(InferenceDefinition, chat, hello);
    slow.call.pause();
    await submitted();
    const quick = api.client.stream(InferenceDefinition, chat, hello);
    await submitted(2);
    const [slowJob, quickJob] = api.requester.jobs;
    if (slowJob === undefined || quickJob === undefined) throw new Error("two jobs were submitted");
    await Promise.all([slowJob, quickJob].map((job) => produce(job, "x".repeat(4 * KIB), 1_000)));
    quickJob.end();
    const messages = await quick.all;
    expect(messages.reduce((length, { text }) => length + text.length, 0)).toBe(4_000 * KIB);
    expect(messages.at(-1)?.done).toMatchObject({ reason: "stop" });
    expect(slowJob.failure).toMatchObject({ code: "aborted" });
  });

  it("that wait long for a first piece, or between two, are not cut off", async () => {
    api = await startTestGrpc({ stallTimeoutMs: 100 });
    api.requester.onJob = () => {};
    const answer = api.client.stream(InferenceDefinition, chat, hello);
    const job = await submitted();
    for (const text of ["a", "b"]) {
      await new Promise((resolve) => setTimeout(resolve, 350));
      job.chunk(text);
    }
    job.end();
    expect((await answer.all).map(({ text }) => text).join("")).toBe("ab");
  });

  it("have the places of their tier, and are told when to come back", async () => {
    const stakes = new StakeView({ read: async () => ZERO, ttlMs: 600_000, entriesMax: 10 });
    stakes.learn("alice", ZERO);
    api = await startTestGrpc({ admission: new AccountTiers(stakes, { current: DEFAULT_PARAMETERS }) });
    api.requester.onJob = () => {};
    const running = [1, 2, 3, 4].map(() => api.client.stream(InferenceDefinition, chat, hello));
    await submitted(4);
    const refused = await failureOf(api.client.stream(InferenceDefinition, chat, hello).all);
    expect(refused).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: "too many requests at once: 4 of this account may run, and do",
    });
    expect(detailsOf(refused)).toMatchObject({ info: { reason: "RESOURCE_EXHAUSTED" }, retryAfterMs: 1_000 });
    running[0]?.call.cancel();
    await eventually("a place is free", () => api.requester.jobs.some(({ isEnded }) => isEnded));
    api.requester.onJob = (job) => job.end();
    await api.client.stream(InferenceDefinition, chat, hello).all;
    for (const { call } of running) call.cancel();
  });

  it("that send what is too large are told so, and go on with other calls", async () => {
    api = await startTestGrpc();
    const large = { model, prompt: "x".repeat(21 * KIB * KIB) };
    const failure = await failureOf(
      api.client.stream(InferenceDefinition, InferenceDefinition.methods.generate, large).all,
    );
    expect(failure.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detailsOf(failure).info?.reason).toBe("PAYLOAD_TOO_LARGE");
    expect(api.requester.jobs).toHaveLength(0);
    await api.client.stream(InferenceDefinition, chat, hello).all;
    await eventually(
      "both are logged",
      () => api.logs.filter((line) => line["msg"] === "request").length === 2,
    );
    expect(api.logs.map((line) => line["grpcStatus"])).toEqual(
      expect.arrayContaining(["RESOURCE_EXHAUSTED", "OK"]),
    );
  });
});

const VECTORS = [Array.from({ length: 4_000 }, () => 0.5)];
