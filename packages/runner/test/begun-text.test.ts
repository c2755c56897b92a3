import { randomUUID } from "node:crypto";
import { createEngine, type Engine } from "@flock/engine";
import { eventually, ParsingOllama } from "@flock/harness";
import { type DeliveredChunk, type JobResult, type JobSpec, Requester, WorkerRuntime } from "@flock/jobs";
import { generateIdentity } from "@flock/keys";
import { connectMesh, EventPublisher, ensureEventsStream, type Mesh } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { meshSigner } from "@flock/ports";
import { EVENTS } from "@flock/proto";
import { type CompletedJob, InferenceCompleted } from "@flock/proto/events";
import { Operation } from "@flock/proto/jobs";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { DIGEST, FakeRouter, MODEL } from "../../jobs/test/fake-router.js";
import { modelProfile } from "../src/model-profile.js";
import { OllamaRunner } from "../src/ollama-runner.js";

/*
 * Jobs that go on behind a text which was generated elsewhere, through requester, worker and engine: one more token,
 * and what the model thought of its alternatives, in every way that an answer is taken up.
 */

/** Models of the real engine and of a fake Ollama, whose answers have parts. The mesh has one name for both. */
const TINY = "flock-tiny";
const PARSING = "parsing:latest";
const TOP = 20;
const OPTIONS = { temperature: 0, seed: 1, num_predict: 16 };
const USER = { role: "user", content: "Tell me a story about a teapot." };
const TOOLS = [{ type: "function", function: { name: "get_weather", parameters: { type: "object" } } }];

let nats: TestNats;
let mesh: Mesh;
let workerMesh: Mesh;
let router: FakeRouter;
let requester: Requester;
let engine: Engine;
let parsing: ParsingOllama;
/** Which of them runs the next job. */
let engineModel: string;
const completed: CompletedJob[] = [];
const stop = new AbortController();
const ending: Promise<void>[] = [];

function connect(name: string): Promise<Mesh> {
  const meter = createMetrics(name).meter;
  return connectMesh({ natsUrl: nats.url, name, logger: createLogger(name, "silent"), meter });
}

beforeAll(async () => {
  nats = await startTestNats();
  engine = await createEngine({});
  const { url } = await engine.listen({ host: "127.0.0.1", port: 0 });
  parsing = await ParsingOllama.start();
  mesh = await connect("requester");
  await ensureEventsStream(mesh);
  mesh.nats.subscribe(EVENTS.inferenceCompleted, {
    callback: (_error, msg) => {
      const { requesterId, jobs } = InferenceCompleted.decode(msg.data);
      expect(requesterId).toBe(requester.eventName);
      completed.push(...jobs);
    },
  });
  router = new FakeRouter(mesh);
  await router.start();
  requester = new Requester({ mesh, reports: mesh, signer: meshSigner }, new EventPublisher(mesh));
  ending.push(requester.start(stop.signal));
  workerMesh = await connect("worker");
  const profile = modelProfile({ capabilities: ["completion", "tools", "thinking"] }, 4_096);
  const runners = {
    [TINY]: new OllamaRunner(url, () => ({ ...profile, canThink: false })),
    [PARSING]: new OllamaRunner(parsing.url, () => profile),
  };
  const identity = generateIdentity();
  const worker = new WorkerRuntime({
    ...{ mesh: workerMesh, workerId: identity.id, signer: identity, slots: 1, drainTimeoutMs: 200 },
    runner: {
      run: (job, emit, signal) =>
        engineModel === TINY
          ? runners[TINY].run({ ...job, model: TINY }, emit, signal)
          : runners[PARSING].run(job, emit, signal),
    },
    meshKeys: () => meshSigner.publicKeys,
    describe: async () => undefined,
  });
  ending.push(worker.start(stop.signal));
  worker.setModels([{ name: MODEL, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 4_096 }]);
}, 30_000);

afterAll(async () => {
  stop.abort();
  await Promise.all(ending);
  await workerMesh.close();
  await router.stop();
  await mesh.close();
  await parsing.stop();
  await engine.close();
  await nats.stop();
});

interface Ran {
  readonly jobId: string;
  readonly chunks: readonly DeliveredChunk[];
  readonly result: JobResult;
}

function run(model: string, request: object, changes: Partial<JobSpec> = {}): Promise<Ran> {
  engineModel = model;
  const jobId = randomUUID();
  const chunks: DeliveredChunk[] = [];
  const asked = { options: OPTIONS, logprobs: true, top_logprobs: TOP, ...request };
  const jobSpec: JobSpec = {
    ...{ jobId, accountId: "alice", tier: 0, model: MODEL, modelDigest: DIGEST, promptBytes: 10_000 },
    operation: "messages" in request ? Operation.CHAT : Operation.GENERATE,
    ...{ promptPriceMicro: 1n, completionPriceMicro: 3n, completionTokensMax: 1_000 },
    ...{ deadlineUnixMs: Date.now() + 15_000, resume: "continue", coalesce: false, traceparent: "" },
    requestJson: Buffer.from(JSON.stringify(asked)),
    payer: { kind: "pool", accountId: "checks", hold: async () => ({ completionTokensMax: 1_000 }) },
    ...changes,
  };
  return new Promise((resolve) => {
    requester.submit(jobSpec, {
      onChunk: (chunk) => void chunks.push(chunk),
      onEnd: (result) => resolve({ jobId, chunks, result }),
    });
  });
}

/** Runs it again behind its first `pieces`, for one token; `slack`: so many tokens more they may be. */
function after(model: string, request: object, whole: Ran, pieces: number, slack = 0): Promise<Ran> {
  const begun = whole.chunks.slice(0, pieces);
  const tokens = begun.reduce((sum, chunk) => sum + chunk.tokens, 0);
  const resumeFrom = {
    text: begun.map(({ text }) => text).join(""),
    thinking: begun.map(({ thinking }) => thinking).join(""),
    ...{ tokens, tokensMax: tokens + slack, promptTokens: whole.result.promptTokens },
  };
  const options = { ...OPTIONS, num_predict: tokens + slack + 1 };
  return run(model, { options, ...request }, { resumeFrom, completionTokensMax: 1 });
}

interface Choice {
  readonly token: string;
  readonly top_logprobs: readonly { readonly token: string }[];
}

function choicesOf({ logprobsJson }: DeliveredChunk): readonly Choice[] {
  return JSON.parse(Buffer.from(logprobsJson).toString() || "[]") as readonly Choice[];
}

/** Pieces behind which another worker is asked for the next: all but those that end in a blank. */
function cutsOf({ chunks }: Ran): number[] {
  const said = chunks.map(({ text, thinking }) => text || thinking);
  return said.flatMap((piece, index) =>
    piece !== "" && !/\s$/.test(piece) && index + 1 < said.length ? [index + 1] : [],
  );
}

const MODES: readonly [string, string, object][] = [
  ["generate", TINY, { prompt: USER.content }],
  ["a chat", TINY, { messages: [{ role: "system", content: "Be kind." }, USER] }],
  ["raw", TINY, { prompt: "Once upon a time, there was a", raw: true }],
];

describe("a job that goes on behind a text from elsewhere", () => {
  it.each(MODES)(
    "gives the next token with its alternatives at every position: %s",
    async (_mode, model, request) => {
      const whole = await run(model, request);
      const cuts = cutsOf(whole);
      expect(cuts.length).toBeGreaterThan(5);
      for (const cut of cuts) {
        const { chunks, result } = await after(model, request, whole, cut);
        const next = whole.chunks[cut];
        expect(chunks.map(({ text }) => text)).toEqual([next?.text]);
        const [choice] = choicesOf(chunks[0] as DeliveredChunk);
        expect(choice?.token).toBe(next && choicesOf(next)[0]?.token);
        expect(choice?.top_logprobs).toHaveLength(TOP);
        expect(result).toMatchObject({
          outcome: "completed",
          doneReason: "length",
          completionTokens: 1,
          leases: 1,
        });
      }
    },
  );

  it.each([
    ["text whose tokens are not known exactly", 40, {}],
    ["a request that may go on for much longer", 0, { options: { ...OPTIONS, num_predict: 400 } }],
  ])("ends after one token, and no more is delivered: %s", async (_what, slack, changes) => {
    const request = { prompt: USER.content };
    const whole = await run(TINY, request);
    const { jobId, chunks, result } = await after(TINY, { ...request, ...changes }, whole, 6, slack);
    expect(chunks.map(({ text }) => text)).toEqual([whole.chunks[6]?.text]);
    expect([result.outcome, result.doneReason, result.completionTokens]).toEqual(["completed", "length", 1]);
    const told = await eventually("the ledger is told", () => completed.find((job) => job.jobId === jobId));
    // The text was read, as the prompt was, and one token was generated.
    expect(told).toMatchObject({
      completionTokens: 1,
      promptTokens: whole.result.promptTokens + 6,
      leases: 1,
    });
  });

  it("says that the text is over where it is", async () => {
    const request = { prompt: "Hi", options: { ...OPTIONS, num_predict: 300 } };
    const whole = await run(TINY, request);
    expect(whole.result.doneReason).toBe("stop");
    const { chunks, result } = await after(TINY, { ...request }, whole, whole.chunks.length);
    expect(chunks.map(({ text }) => text).join("")).toBe("");
    expect(result).toMatchObject({ outcome: "completed", doneReason: "stop" });
  });

  it.each([
    ["thinking", { messages: [USER] }],
    ["thinking for a prompt", { prompt: USER.content }],
    ["tools", { messages: [USER], tools: TOOLS, think: false }],
    ["tools and thinking", { messages: [USER], tools: TOOLS }],
  ])("does so where Ollama takes answers apart: %s", async (_mode, request) => {
    const options = { ...OPTIONS, num_predict: 500 };
    const whole = await run(PARSING, { ...request, options });
    const texts = whole.chunks.flatMap(({ text }, index) => (text === "" ? [] : [index]));
    expect(texts.length).toBeGreaterThan(8);
    for (const cut of texts.slice(1, 8)) {
      const { chunks } = await after(PARSING, request, whole, cut);
      expect(chunks.map(({ text }) => text.trim())).toEqual([whole.chunks[cut]?.text.trim()]);
      expect(choicesOf(chunks[0] as DeliveredChunk)[0]?.top_logprobs).toHaveLength(TOP);
    }
  });
});
