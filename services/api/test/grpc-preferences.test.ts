import { FlockError } from "@flock/errors";
import { InferenceDefinition } from "@flock/proto/public";
import { status } from "@grpc/grpc-js";
import { detailsOf, failureOf } from "./grpc-client.js";
import { ABLE_MODEL, PLAIN_MODEL, TEST_ALIASES } from "./start-test-api.js";
import { startTestGrpc, type TestGrpc } from "./start-test-grpc.js";

const { chat, generate, embed } = InferenceDefinition.methods;
const hello = { model: ABLE_MODEL.name, messages: [{ role: "user", content: "one two" }] };

describe("preferences over gRPC", () => {
  let api: TestGrpc;
  beforeAll(async () => {
    api = await startTestGrpc();
  });
  afterAll(() => api.stop());
  beforeEach(() => {
    api.requester.jobs.length = 0;
    api.requester.isUnplaced = () => undefined;
  });

  const ask = (preferences: object) =>
    api.client.stream(InferenceDefinition, chat, { ...hello, preferences }).all;

  it.each([
    ["max_price_micro", { maxPriceMicro: 2_000_000_000_000n }],
    ["min_privacy", { minPrivacy: "secret" }],
    ["checking", { checking: "sometimes" }],
    ["exclude_workers", { excludeWorkers: ["worker"] }],
    ["prefer_worker", { preferWorker: "worker" }],
    ["max_queue_ms", { maxQueueMs: 3_600_001 }],
    ["fallback_models", { fallbackModels: ["a", "b", "c", "d", "e"] }],
  ])("that are none are refused, and the field is named: %s", async (field, preferences) => {
    const failure = await failureOf(ask(preferences));
    expect(failure.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(failure).fields).toEqual([`preferences.${field}`]);
  });

  it.each([
    ["dearer models", { maxPriceMicro: 0n }, /^model 'able:7b' costs 1 µLLAMA per prompt token/],
    ["checked models", { checkedOnly: true }, /is none whose answers a verifier checks$/],
  ])("refuse what cannot be had: %s", async (_what, preferences, message) => {
    const failure = await failureOf(ask(preferences));
    expect([failure.code, api.requester.jobs]).toEqual([status.FAILED_PRECONDITION, []]);
    expect(failure.details).toMatch(message);
  });

  it("have another model answer, and the answer says which one and by which job", async () => {
    api.requester.isUnplaced = ({ model }) =>
      model === ABLE_MODEL.name ? new FlockError("unavailable", "nobody") : undefined;
    const preferences = { fallbackModels: ["flock-tiny"], maxQueueMs: 1_000 };
    const texts = { model: ABLE_MODEL.name, preferences };
    const chatted = await ask(preferences);
    const generated = await api.client.stream(InferenceDefinition, generate, { ...texts, prompt: "a" }).all;
    const embedded = await api.client.ask(InferenceDefinition, embed, { ...texts, input: ["a"] });
    const ran = api.requester.jobs.filter(({ spec }) => spec.model === PLAIN_MODEL.name);
    const told = [chatted.at(-1)?.done, generated.at(-1)?.done, embedded];
    expect(told.map((done) => done?.model)).toEqual(new Array(3).fill(PLAIN_MODEL.name));
    expect(told.map((done) => done?.jobId)).toEqual(ran.map(({ spec }) => spec.jobId));
  });

  it("name workers by the account's aliases", async () => {
    const alias = TEST_ALIASES.aliasOf("alice", "worker");
    await ask({ excludeWorkers: [alias] });
    expect(api.requester.lastJob.spec.excludedWorkerIds).toEqual(["worker"]);
    await ask({ preferWorker: alias });
    expect(api.requester.lastJob.spec.preferredWorkerId).toBe("worker");
  });
});
