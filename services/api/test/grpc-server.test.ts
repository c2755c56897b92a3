import { connect, type Socket } from "node:net";
import { HealthDefinition, HealthCheckResponse_ServingStatus as ServingStatus } from "@flock/proto/grpc";
import { InferenceDefinition } from "@flock/proto/public";
import { eventually } from "@flock/provision/testing";
import { status } from "@grpc/grpc-js";
import { GenericGrpcClient } from "../../../test/conformance/generic-grpc-client.js";
import { detailsOf, failureOf, GrpcTestClient } from "./grpc-client.js";
import { PLAIN_MODEL } from "./start-test-api.js";
import { startTestGrpc, type TestGrpc } from "./start-test-grpc.js";

const { chat } = InferenceDefinition.methods;
const { check, watch, list } = HealthDefinition.methods;
const model = PLAIN_MODEL.name;
const hello = { model, messages: [{ role: "user", content: "hello you" }] };

describe("health over gRPC", () => {
  let api: TestGrpc;
  let isReady = true;
  let stranger: GrpcTestClient;
  beforeEach(async () => {
    isReady = true;
    api = await startTestGrpc({ isReady: () => isReady });
    stranger = new GrpcTestClient(api.address, undefined);
  });
  afterEach(async () => {
    await api.stop();
    stranger.close();
  });

  it("is told to anybody, of everything and of each service, and follows the api", async () => {
    for (const service of ["", "flock.public.v1.Inference"]) {
      isReady = true;
      expect(await stranger.ask(HealthDefinition, check, { service })).toEqual({
        status: ServingStatus.SERVING,
      });
      isReady = false;
      expect(await stranger.ask(HealthDefinition, check, { service })).toEqual({
        status: ServingStatus.NOT_SERVING,
      });
    }
    const { statuses } = await stranger.ask(HealthDefinition, list, {});
    expect(Object.keys(statuses)).toEqual(["", "flock.public.v1.Inference", "flock.public.v1.Models"]);
    expect(await failureOf(stranger.ask(HealthDefinition, check, { service: "nobody" }))).toMatchObject({
      code: status.NOT_FOUND,
    });
  });

  it("is told to watchers when it changes, and while the api drains, which does not wait for them", async () => {
    const all = stranger.stream(HealthDefinition, watch, {});
    const unknown = stranger.stream(HealthDefinition, watch, { service: "nobody" });
    const statuses = () => all.received.map((told) => told.status);
    await eventually("it is told", () => statuses().length === 1);
    isReady = false;
    await eventually("the change is told", () => statuses().length === 2);
    isReady = true;
    await eventually("the next one, too", () => statuses().length === 3);
    await api.stop();
    await all.all;
    const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = ServingStatus;
    expect(statuses()).toEqual([SERVING, NOT_SERVING, SERVING, NOT_SERVING]);
    expect((await unknown.all).map((told) => told.status)).toEqual([SERVICE_UNKNOWN]);
    expect(api.logs.filter((line) => line["msg"] === "request")).toEqual([]);
  });
});

describe("reflection", () => {
  let api: TestGrpc;
  beforeAll(async () => {
    api = await startTestGrpc();
  });
  afterAll(() => api.stop());

  it.each(["v1", "v1alpha"] as const)("%s tells a client everything that it needs", async (version) => {
    const client = await GenericGrpcClient.connect(api.address, { apiKey: api.apiKey, version });
    try {
      expect(client.services).toEqual([
        "flock.public.v1.Inference",
        "flock.public.v1.Models",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ]);
      const messages = await client.stream("flock.public.v1.Inference", "Chat", hello);
      expect(messages.map(({ text }) => text).join("")).toBe("hello you");
      expect(messages.at(-1)).toMatchObject({ done: { reason: "stop", completion_tokens: "2" } });
      const { embeddings } = await client.ask("flock.public.v1.Inference", "Embed", { model, input: ["a"] });
      expect(embeddings).toHaveLength(1);
      const { models } = await client.ask("flock.public.v1.Models", "ListModels", {});
      expect(models).toContainEqual(expect.objectContaining({ name: model }));
      expect(await client.ask("grpc.health.v1.Health", "Check", {})).toEqual({ status: "SERVING" });
    } finally {
      client.close();
    }
  });

  it("answers about files, symbols and extensions as the protocol has it", async () => {
    const client = await GenericGrpcClient.connect(api.address, { apiKey: api.apiKey, version: "v1" });
    try {
      const answers = await client.reflect([
        { file_by_filename: "flock/public/v1/models.proto" },
        { file_containing_symbol: "flock.public.v1.Logprob.Alternative" },
        { file_containing_symbol: "flock.public.v1.Inference.Chat" },
        { file_containing_symbol: "google.rpc.ErrorInfo" },
        { file_by_filename: "constructor" },
        { file_containing_symbol: "flock.ledger.v1.Ledger" },
        { all_extension_numbers_of_type: "flock.public.v1.Model" },
        { file_containing_extension: { containing_type: "flock.public.v1.Model", extension_number: 1 } },
        {},
      ]);
      const kinds = answers.map((answer) => answer["message_response"]);
      expect(kinds).toEqual([
        ...Array.from({ length: 4 }, () => "file_descriptor_response"),
        ...[
          "error_response",
          "error_response",
          "all_extension_numbers_response",
          "error_response",
          "error_response",
        ],
      ]);
    } finally {
      client.close();
    }
  });

  it("has a limit for each client, as every request without a key", async () => {
    const limited = await startTestGrpc({ readsPerMinute: 2, trustedProxies: ["127.0.0.1"] });
    const stranger = new GrpcTestClient(limited.address, undefined);
    const watched = (address: string) =>
      stranger.stream(HealthDefinition, watch, {}, { metadata: { "x-forwarded-for": address } });
    const [first, second, third, other] = ["9.9.9.9, 192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"].map(
      watched,
    );
    const failure = await failureOf(third?.all ?? Promise.resolve());
    expect(failure.code).toBe(status.RESOURCE_EXHAUSTED);
    const { info, retryAfterMs } = detailsOf(failure);
    expect(info?.reason).toBe("RESOURCE_EXHAUSTED");
    expect(retryAfterMs).toBeGreaterThan(0);
    await eventually("the others are served", () =>
      [first, second, other].every((answer) => answer?.received.length === 1),
    );
    await limited.stop();
    stranger.close();
  });
});

describe("a drain of gRPC", () => {
  it("lets running answers finish, and takes no new calls", async () => {
    const api = await startTestGrpc();
    api.requester.onJob = () => {};
    const streamed = api.client.stream(InferenceDefinition, chat, hello);
    await eventually("a job runs", () => api.requester.jobs.length === 1);
    api.requester.lastJob.chunk("go");
    await eventually("it has begun", () => streamed.received.length === 1);
    const stopped = api.stop();
    await eventually("the drain has begun", () => api.drain.isDraining);
    const late = new GrpcTestClient(api.address, api.apiKey);
    expect(await failureOf(late.stream(InferenceDefinition, chat, hello).all)).toMatchObject({
      code: status.UNAVAILABLE,
    });
    late.close();
    api.requester.lastJob.chunk("on");
    api.requester.lastJob.end();
    expect((await streamed.all).map(({ text }) => text).join("")).toBe("goon");
    await stopped;
    expect(api.requester.jobs).toHaveLength(1);
  });

  it("refuses what still arrives on an open connection, and says when to try again", async () => {
    const api = await startTestGrpc();
    api.requester.onJob = () => {};
    const running = api.client.stream(InferenceDefinition, chat, hello);
    await eventually("a job runs", () => api.requester.jobs.length === 1);
    const drained = api.drain.drain();
    const failure = await failureOf(api.client.stream(InferenceDefinition, chat, hello).all);
    expect(failure).toMatchObject({
      code: status.UNAVAILABLE,
      details: "the server is shutting down, please try again",
    });
    expect(detailsOf(failure).retryAfterMs).toBe(1_000);
    api.requester.lastJob.end();
    await Promise.all([running.all, drained, api.stop()]);
  });
});

describe("connections for gRPC", () => {
  it("are no more than the bound; further ones are closed", async () => {
    const api = await startTestGrpc({ connectionsMax: 2 });
    const port = Number(api.address.split(":")[1]);
    const closed = (socket: Socket) =>
      new Promise<boolean>((resolve) => socket.once("close", () => resolve(true)).on("error", () => {}));
    const open = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    expect(await closed(connect(port, "127.0.0.1"))).toBe(true);
    for (const socket of open) socket.destroy();
    await api.stop();
  });
});
