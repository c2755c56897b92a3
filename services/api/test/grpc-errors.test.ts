import { readFileSync } from "node:fs";
import { FLOCK_ERROR_CODES, FlockError, type FlockErrorCode } from "@flock/errors";
import { InferenceDefinition, ModelsDefinition } from "@flock/proto/public";
import { eventually } from "@flock/provision/testing";
import { Metadata, status } from "@grpc/grpc-js";
import { STATUS_TABLE, statusOf } from "../src/grpc/status-table.js";
import { API_KEYS, SESSION_TOKENS } from "../src/keys/bearer-secret.js";
import { detailsOf, failureOf, GrpcTestClient } from "./grpc-client.js";
import { PLAIN_MODEL } from "./start-test-api.js";
import { startTestGrpc, type TestGrpc } from "./start-test-grpc.js";

const { chat, generate, embed } = InferenceDefinition.methods;
const { listModels } = ModelsDefinition.methods;
const model = PLAIN_MODEL.name;
const messages = [{ role: "user", content: "hello" }];
const DOCUMENT = readFileSync(new URL("../../../docs/grpc.md", import.meta.url), "utf8");

describe("the table of statuses", () => {
  it("has every code, and docs/grpc.md documents the same", () => {
    expect(Object.keys(STATUS_TABLE).sort()).toEqual([...FLOCK_ERROR_CODES].sort());
    const documented = Object.fromEntries(
      [...DOCUMENT.matchAll(/^\| `([A-Z_]+)` +\| `([A-Z_]+)` +\|/gm)].map(([, reason = "", name = ""]) => [
        reason.toLowerCase(),
        status[name as keyof typeof status],
      ]),
    );
    expect(documented).toEqual(STATUS_TABLE);
  });

  it("tells clients of other people's errors only that they happened", () => {
    const told = statusOf(new Error("connect ECONNREFUSED 10.0.0.7:5432"));
    expect(told).toMatchObject({ code: status.INTERNAL, details: "internal error" });
    expect(detailsOf(told).info).toEqual({ reason: "INTERNAL", domain: "flock.public.v1", metadata: {} });
  });

  it("tells what is missing, and nothing that other parts keep for our logs", () => {
    const details = { neededMicro: 7n, availableMicro: 3n, missingMicro: 4n, subject: "svc.ledger.hold" };
    const told = detailsOf(statusOf(new FlockError("insufficient_funds", "too little", { details })));
    expect(told.info?.metadata).toEqual({ needed_micro: "7", available_micro: "3", missing_micro: "4" });
    expect(told.retryAfterMs).toBeUndefined();
  });

  it("writes what a header can hold, however long and odd a message is", () => {
    const told = statusOf(new FlockError("not_found", `${"x".repeat(999)}${"\u{1f999}".repeat(5_000)}`));
    expect(told.details.length).toBeLessThanOrEqual(1_000);
    expect(() => encodeURI(told.details)).not.toThrow();
    expect(told.metadata).toBeInstanceOf(Metadata);
  });
});

describe("an error over gRPC", () => {
  let api: TestGrpc;
  let failure: FlockError | undefined;
  beforeAll(async () => {
    api = await startTestGrpc({
      holds: {
        hold: async ({ bounds }) => {
          if (failure !== undefined) throw failure;
          return bounds;
        },
      },
    });
  });
  afterEach(() => {
    failure = undefined;
  });
  afterAll(() => api.stop());

  const told = FLOCK_ERROR_CODES.filter((code) => code !== "internal");
  it.each<FlockErrorCode>(told)("%s has its status, message and reason", async (code) => {
    failure = new FlockError(code, `this is ${code}`, { retry: { afterMs: 2_345 } });
    const answer = api.client.stream(InferenceDefinition, chat, { model, messages });
    const found = await failureOf(answer.all);
    expect(found).toMatchObject({ code: STATUS_TABLE[code], details: `this is ${code}` });
    const { info, retryAfterMs } = detailsOf(found);
    expect(info).toMatchObject({ reason: code.toUpperCase(), domain: "flock.public.v1" });
    expect(retryAfterMs).toBe(["resource_exhausted", "unavailable"].includes(code) ? 2_345 : undefined);
    const { jobId, traceparent } = api.requester.lastJob.spec;
    expect(found.metadata.get("x-request-id")).toEqual([jobId]);
    expect(found.metadata.get("x-flock-job-id")).toEqual([jobId]);
    expect(found.metadata.get("x-flock-trace-id")).toEqual([traceparent.split("-")[1]]);
  });

  it("of ours is opaque, and whole in the log", async () => {
    failure = new FlockError("internal", "secret of the database");
    const found = await failureOf(api.client.ask(InferenceDefinition, embed, { model, input: ["a"] }));
    expect(found).toMatchObject({ code: status.INTERNAL, details: "internal error" });
    expect(detailsOf(found).info?.reason).toBe("INTERNAL");
    await eventually("it is logged", () =>
      api.logs.some((line) => line["grpcStatus"] === "INTERNAL" && line["level"] === "warn"),
    );
    expect(api.logs.filter((line) => line["msg"] === "request failed")).toHaveLength(1);
  });

  const deep = `{"a":${"[".repeat(200)}${"]".repeat(200)}}`;
  const wrong = [
    [chat, { model, messages: [] }, "messages"],
    [chat, { model, messages: [{ role: "x".repeat(101) }] }, "messages[0].role"],
    [chat, { model, messages, topLogprobs: 21 }, "top_logprobs"],
    [chat, { model, messages, thinking: 99 }, "thinking"],
    [chat, { model, messages, options: { temperature: Number.NaN } }, "options.temperature"],
    [chat, { model, messages, options: { repeatPenalty: 0 } }, "options.repeat_penalty"],
    [chat, { model, messages, format: { $case: "jsonSchema", value: "[1]" } }, "json_schema"],
    [chat, { model, messages, format: { $case: "jsonSchema", value: '{"a":1e400}' } }, "json_schema.a"],
    [chat, { model, messages, tools: [{ name: "f", parametersJson: "{" }] }, "tools[0].parameters_json"],
    [chat, { model, messages, tools: [{ name: "f", parametersJson: deep }] }, "tools[0].parameters_json"],
    [chat, { model, messages, tools: [{ parametersJson: '{"type":7}' }] }, "tools[0].parameters.type"],
    [
      chat,
      { model, messages: [{ toolCalls: [{}, { argumentsJson: "null" }] }] },
      "messages[0].tool_calls[1].arguments_json",
    ],
    [chat, { model, messages: [{ images: [Buffer.alloc(0)] }] }, "messages[0].images[0]"],
    [generate, { model, prompt: "" }, "prompt"],
    [generate, { model, prompt: "x", raw: true, system: "y" }, "raw"],
    [embed, { model, input: [] }, "input"],
  ] as const;
  it.each(wrong.map(([rpc, request, field]) => [field, rpc, request] as const))(
    "about %s names the field",
    async (field, rpc, request) => {
      const bytes = Buffer.from(
        rpc.requestType.encode(rpc.requestType.fromPartial(request as never) as never).finish(),
      );
      const found = await failureOf(
        rpc === embed
          ? api.client.send(InferenceDefinition, embed, bytes)
          : api.client.stream(InferenceDefinition, rpc as typeof chat, request).all,
      );
      expect(found.code).toBe(status.INVALID_ARGUMENT);
      expect(detailsOf(found).fields).toEqual([field]);
    },
  );

  it("is INVALID_ARGUMENT for what no engine could do, and for what is no message of the method", async () => {
    const thinking = { model, messages, thinking: 2 };
    expect(await failureOf(api.client.stream(InferenceDefinition, chat, thinking).all)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: `"${model}" does not support thinking`,
    });
    const garbage = await failureOf(api.client.send(InferenceDefinition, embed, Buffer.from("garbage")));
    expect(garbage).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: "the request is not the message of this method",
    });
    expect(detailsOf(garbage).info?.reason).toBe("INVALID_ARGUMENT");
  });

  it("refuses millions of empty fields before they take memory, though they are few bytes", async () => {
    const before = process.memoryUsage().rss;
    // Field 2 of an embedding, a text of no length, five million times.
    const flood = Buffer.alloc(10_000_000, Buffer.from([0x12, 0x00]));
    const found = await failureOf(api.client.send(InferenceDefinition, embed, flood));
    expect(found).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: "the request has too many fields",
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it("bounds the JSON texts of a request all together", async () => {
    const parametersJson = JSON.stringify({ enum: Array.from({ length: 200_000 }, () => 1) });
    const tools = ["a", "b", "c"].map((name) => ({ name, parametersJson }));
    const found = await failureOf(
      api.client.stream(InferenceDefinition, chat, { model, messages, tools }).all,
    );
    expect(found.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(found).fields).toEqual(["tools[2].parameters_json"]);
  });

  it("refuses a request for models that is larger than any can be", async () => {
    const found = await failureOf(api.client.send(ModelsDefinition, listModels, Buffer.alloc(70_000)));
    expect(found.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detailsOf(found).info?.reason).toBe("PAYLOAD_TOO_LARGE");
  });

  it("is UNAUTHENTICATED without a key, with a wrong one, and with a session, before anything is read", async () => {
    const ask = async (key: string | undefined) => {
      const client = new GrpcTestClient(api.address, key);
      try {
        return await failureOf(client.send(ModelsDefinition, listModels, Buffer.alloc(70_000)));
      } finally {
        client.close();
      }
    };
    const jobs = api.requester.jobs.length;
    expect(await ask(undefined)).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: "unauthorized: missing API key",
    });
    expect((await ask(API_KEYS.create())).details).toBe("unauthorized: invalid API key");
    expect((await ask(SESSION_TOKENS.create())).details).toContain("a session is not an API key");
    expect(api.requester.jobs).toHaveLength(jobs);
    await eventually("it is logged", () =>
      api.logs.some(
        (line) => line["grpcStatus"] === "UNAUTHENTICATED" && line["error"] === "unauthenticated",
      ),
    );
  });

  it("is UNIMPLEMENTED for what is not served", async () => {
    const unknown = { ...listModels, name: "DeleteModels" };
    expect(await failureOf(api.client.ask(ModelsDefinition, unknown, {}))).toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });
});
