import { FlockError } from "@flock/errors";
import { CountBound, InferenceDefinition, ModelsDefinition, Thinking } from "@flock/proto/public";
import { eventually } from "@flock/provision/testing";
import { status } from "@grpc/grpc-js";
import { ALIASES } from "./fake-stories.js";
import { detailsOf, failureOf } from "./grpc-client.js";
import { ABLE_MODEL, PLAIN_MODEL } from "./start-test-api.js";
import { startTestGrpc, type TestGrpc } from "./start-test-grpc.js";

const { chat, generate, embed } = InferenceDefinition.methods;
const model = PLAIN_MODEL.name;
const hello = { model, messages: [{ role: "user", content: "hello to all of you" }] };

describe("an answer over gRPC", () => {
  let api: TestGrpc;
  beforeAll(async () => {
    api = await startTestGrpc();
  });
  afterAll(() => api.stop());

  it("to a chat comes in messages, whose last one says how it ended", async () => {
    const answer = api.client.stream(InferenceDefinition, chat, hello);
    const messages = await answer.all;
    expect(messages.map(({ text }) => text).join("")).toBe("hello to all of you");
    const { spec, body } = api.requester.lastJob;
    expect(spec).toMatchObject({ accountId: "alice", model, coalesce: false });
    expect(body).toMatchObject({ messages: hello.messages });
    expect(messages.slice(0, -1).every(({ done }) => done === undefined)).toBe(true);
    expect(messages.at(-1)?.done).toMatchObject({
      reason: "stop",
      promptTokens: 7n,
      completionTokens: 5n,
      completionTokensBound: CountBound.EXACT,
      promptDuration: { seconds: 0n, nanos: 2_000 },
      completionDuration: { seconds: 0n, nanos: 3_000 },
      jobId: spec.jobId,
      model,
      story: {
        jobId: spec.jobId,
        traceId: spec.traceparent.split("-")[1],
        workers: [ALIASES.aliasOf("alice", "worker")],
        privacy: "sealed-to-worker",
        resumes: 0,
        chargeMicro: 17n,
        timings: { claim: { seconds: 0n, nanos: 2_500_000 }, prefill: { seconds: 0n, nanos: 3_750_000 } },
      },
    });
    expect(answer.initial?.get("x-request-id")).toEqual([spec.jobId]);
    expect(answer.initial?.get("x-flock-job-id")).toEqual([spec.jobId]);
    expect(answer.initial?.get("x-flock-trace-id")).toEqual([spec.traceparent.split("-")[1]]);
  });

  it("to a prompt comes likewise, and as one message if that is asked for", async () => {
    const streamed = await api.client.stream(InferenceDefinition, generate, { model, prompt: "a b c d" }).all;
    expect(streamed.map(({ text }) => text).join("")).toBe("a b c d");
    const whole = await api.client.stream(InferenceDefinition, generate, {
      model,
      prompt: "a b c d",
      whole: true,
      options: { numPredict: 3, seed: 42n, stop: ["x"] },
      logprobs: true,
    }).all;
    expect(whole).toHaveLength(1);
    expect(whole[0]).toMatchObject({
      text: "a b c ",
      logprobs: [
        { token: "a ", logprob: -0.5, bytes: Buffer.from("a "), alternatives: [] },
        { token: "b " },
        { token: "c " },
      ],
      done: { reason: "length", completionTokens: 3n },
    });
    const { spec, body } = api.requester.lastJob;
    expect(spec.coalesce).toBe(true);
    expect(body).toMatchObject({ logprobs: true, options: { num_predict: 3, seed: 42, stop: ["x"] } });
  });

  it("asks a model everything that the contract has", async () => {
    const tool = {
      name: "weather",
      description: "tells it",
      parametersJson: '{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"number"}}}',
    };
    const image = Buffer.from([1, 2, 3, 4]);
    await api.client.stream(InferenceDefinition, chat, {
      model: ABLE_MODEL.name,
      messages: [
        { role: "User", content: "look", images: [image] },
        {
          role: "assistant",
          thinking: "hm",
          toolCalls: [{ id: "1", name: "weather", argumentsJson: '{"z":"x"}' }],
        },
        { role: "tool", content: "rain", toolName: "weather", toolCallId: "1" },
        { role: "user", content: "so" },
      ],
      tools: [tool],
      format: { $case: "jsonSchema", value: '{"type":"object","properties":{"y":{},"b":{}}}' },
      thinking: Thinking.HIGH,
      logprobs: true,
      topLogprobs: 2,
      truncate: true,
      options: {
        temperature: 0.5,
        topK: 3,
        topP: 0.5,
        minP: 0.1,
        typicalP: 0.9,
        repeatLastN: 0,
        repeatPenalty: 1.5,
      },
    }).all;
    const { body } = api.requester.lastJob;
    expect(body).toMatchObject({
      messages: [
        { role: "user", content: "look", images: [image.toString("base64")] },
        {
          role: "assistant",
          thinking: "hm",
          tool_calls: [{ id: "1", function: { name: "weather", arguments: { z: "x" } } }],
        },
        { role: "tool", content: "rain", tool_name: "weather", tool_call_id: "1" },
        { role: "user", content: "so" },
      ],
      think: "high",
      logprobs: true,
      top_logprobs: 2,
      truncate: true,
      options: {
        ...{ temperature: 0.5, top_k: 3, top_p: 0.5, min_p: 0.1, typical_p: 0.9 },
        ...{ repeat_last_n: 0, repeat_penalty: 1.5 },
      },
    });
    // In the order in which the client wrote them: it is the order in which the model reads and writes them.
    expect(JSON.stringify(body["tools"])).toContain(
      '"properties":{"z":{"type":"string"},"a":{"type":"number"}}',
    );
    expect(JSON.stringify(body["format"])).toContain('"properties":{"y":{},"b":{}}');
  });

  it("tells what the model thinks, calls, and might have said instead", async () => {
    api.requester.onJob = (job) => {
      job.chunk("", { thinking: "let me see" });
      job.chunk("", {
        toolCallsJson: Buffer.from(
          JSON.stringify([{ id: "c1", function: { index: 0, name: "f", arguments: { b: 1, a: 2 } } }]),
        ),
      });
      job.chunk("x", {
        logprobsJson: Buffer.from(
          JSON.stringify([
            {
              token: "x",
              logprob: -1,
              bytes: [120],
              top_logprobs: [{ token: "y", logprob: -2, bytes: [121] }],
            },
          ]),
        ),
      });
      job.end({ completionTokensBound: "lower" });
    };
    const messages = await api.client.stream(InferenceDefinition, chat, hello).all;
    expect(messages.map(({ thinking }) => thinking).join("")).toBe("let me see");
    expect(messages.flatMap(({ toolCalls }) => toolCalls)).toEqual([
      { id: "c1", index: 0, name: "f", argumentsJson: '{"b":1,"a":2}' },
    ]);
    expect(messages.flatMap(({ logprobs }) => logprobs)).toMatchObject([
      { token: "x", logprob: -1, alternatives: [{ token: "y", logprob: -2, bytes: Buffer.from("y") }] },
    ]);
    expect(messages.at(-1)?.done?.completionTokensBound).toBe(CountBound.LOWER);
  });

  it("has what comes fast in few messages, whatever its length, and every character once", async () => {
    api.requester.onJob = (job) => {
      // As an engine that tells its count at the end.
      for (let piece = 0; piece < 20_000; piece++) job.chunk(`${piece} `, { tokens: 0 });
      job.end({ completionTokens: 20_000 });
    };
    const messages = await api.client.stream(InferenceDefinition, chat, hello).all;
    const expected = Array.from({ length: 20_000 }, (_, piece) => `${piece} `).join("");
    expect(messages.map(({ text }) => text).join("")).toBe(expected);
    expect(messages.length).toBeLessThan(20);
    expect(messages.at(-1)?.done?.completionTokens).toBe(20_000n);
  });

  it("that fails in the middle ends with the error's status, behind what was generated", async () => {
    api.requester.onJob = (job) => {
      job.chunk("so far");
      job.fail(new FlockError("aborted", "the workers failed"));
    };
    const answer = api.client.stream(InferenceDefinition, chat, hello);
    const failure = await failureOf(answer.all);
    expect(failure).toMatchObject({ code: status.ABORTED, details: "the workers failed" });
    expect(answer.received.map(({ text }) => text).join("")).toBe("so far");
    expect(answer.received.every(({ done }) => done === undefined)).toBe(true);
    expect(detailsOf(failure).info).toMatchObject({ reason: "ABORTED", domain: "flock.public.v1" });
  });

  it("to texts has a vector of each", async () => {
    api.requester.onJob = (job) =>
      job.end({
        embeddingsJson: Buffer.from(
          JSON.stringify([
            [0.5, -0.25],
            [1, 0],
          ]),
        ),
      });
    const answer = await api.client.ask(InferenceDefinition, embed, {
      model,
      input: ["a", "b"],
      dimensions: 2,
    });
    expect(answer.embeddings).toEqual([{ values: [0.5, -0.25] }, { values: [1, 0] }]);
    expect(answer).toMatchObject({ promptTokens: 7n, model, jobId: api.requester.lastJob.spec.jobId });
    expect(api.requester.lastJob.body).toMatchObject({ input: ["a", "b"], dimensions: 2 });
  });

  it("about models tells those that can be used, and each one in full", async () => {
    const { listModels, getModel } = ModelsDefinition.methods;
    const { models } = await api.client.ask(ModelsDefinition, listModels, {});
    expect(models.map(({ name }) => name)).toEqual([PLAIN_MODEL.name, ABLE_MODEL.name]);
    const found = await api.client.ask(ModelsDefinition, getModel, { name: "FLOCK-tiny" });
    expect(found.model).toMatchObject({
      name: model,
      digest: PLAIN_MODEL.digest,
      sizeBytes: 1_700_000n,
      contextLength: 2_048,
      capabilities: ["completion", "embedding"],
      isAvailable: true,
      isLoaded: true,
      family: "llama",
      quantizationLevel: "F16",
      embeddingLength: 128,
      promptPriceMicro: 1n,
      completionPriceMicro: 2n,
      isChecked: false,
      modifiedAt: { seconds: 1_700_000_000n, nanos: 0 },
    });
    expect(found.texts?.template).toBe("{{ .Prompt }}");
    expect(JSON.parse(found.infoJson)).toMatchObject({ "tokenizer.ggml.tokens": null });
    const unknown = await failureOf(api.client.ask(ModelsDefinition, getModel, { name: "nobody:1b" }));
    expect(unknown).toMatchObject({ code: status.NOT_FOUND, details: "model 'nobody:1b' not found" });
  });

  it("leaves one line in the log and its numbers, and nothing of what was said", async () => {
    api.requester.onJob = (job) => {
      job.chunk("secret answer");
      job.end();
    };
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const answer = api.client.stream(
      InferenceDefinition,
      chat,
      { model, messages: [{ role: "user", content: "secret question" }] },
      { metadata: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } },
    );
    await answer.all;
    const requestId = String(answer.initial?.get("x-request-id")[0]);
    await eventually("it is logged", () => api.logs.some((line) => line["requestId"] === requestId));
    const lines = api.logs.filter((line) => line["requestId"] === requestId);
    expect(lines).toEqual([
      expect.objectContaining({
        ...{ msg: "request", level: "info", traceId, accountId: "alice", keyId: "key-1", model },
        ...{ grpcMethod: "/flock.public.v1.Inference/Chat", grpcStatus: "OK", outcome: "completed" },
        ...{ durationMs: expect.any(Number), firstByteMs: expect.any(Number), completionTokens: 1 },
      }),
    ]);
    expect(api.requester.lastJob.spec.traceparent).toContain(traceId);
    const everything = JSON.stringify(api.logs);
    for (const secret of ["secret", api.apiKey]) expect(everything).not.toContain(secret);
    const counted = await api.metrics();
    expect(counted).toMatch(
      /api_grpc_requests\S*\{[^}]*method="\/flock.public.v1.Inference\/Chat"[^}]*status="OK"/,
    );
    expect(counted).toMatch(/api_grpc_calls_active\S* 0/);
  });
});
