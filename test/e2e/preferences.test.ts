import {
  type Answer,
  type Books,
  eventually,
  RecordingProxy,
  TalkativeEngine,
  type TestAccount,
  TestMesh,
} from "@flock/harness";
import { InferenceDefinition } from "@flock/proto/public";
import { status } from "@grpc/grpc-js";
import OpenAI from "openai";
import pg from "pg";
import { WorkerAliases } from "../../services/api/src/workers/worker-alias.js";
import { failureOf, GrpcTestClient } from "../../services/api/test/grpc-client.js";

const CHEAP = "flock-tiny";
/** A model of 70 billion parameters, by its worker's word. */
const DEAR = "talkative:latest";
const SHORT = { prompt: "Tell me a story about a llama.", options: { temperature: 0, num_predict: 5 } };

/** One model at two workers, a dear one at a third; and what has passed through each of the two. */
describe("what a client prefers", () => {
  let mesh: TestMesh;
  let books: Books;
  let alice: TestAccount;
  let talkative: TalkativeEngine;
  let proxies: readonly RecordingProxy[] = [];
  let workerIds: readonly string[] = [];
  let aliases: WorkerAliases;

  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 0, sequences: 4 });
    const target = mesh.state.ollamaUrl;
    talkative = await TalkativeEngine.start({ tokens: 5, tokenCharacters: 10, parameterSize: "70B" });
    proxies = await Promise.all([0, 1].map(() => RecordingProxy.start({ target, lineIntervalMs: 10 })));
    for (const { url } of proxies) await mesh.startWorker({ ollamaUrl: url, slots: 1 });
    await mesh.startWorker({ ollamaUrl: talkative.url, slots: 1 });
    alice = await mesh.account("alice");
    books = await mesh.books();
    await eventually("both models to be served", async () => (await alice.client.ollama().list()).models[1]);
    workerIds = ["own-worker-1", "own-worker-2"].map((name) => workerIdOf(name));
    // The first request that names an alias makes the secret of all.
    await end(alice.client.generate({ model: CHEAP, ...SHORT }));
    aliases = new WorkerAliases(await secret());
  }, 180_000);
  afterAll(async () => {
    await mesh?.stop();
    await Promise.all([talkative?.stop(), ...proxies.map((proxy) => proxy.stop())]);
  }, 60_000);

  function workerIdOf(name: string): string {
    const [id] = mesh.log(name).flatMap(({ workerId }) => (typeof workerId === "string" ? [workerId] : []));
    if (id === undefined) throw new Error(`${name} has not said who it is`);
    return id;
  }

  async function secret(): Promise<Buffer> {
    const client = new pg.Client({ connectionString: mesh.state.databaseUrl });
    await client.connect();
    const { rows } = await client.query("SELECT value FROM api.secrets WHERE name = 'worker_aliases'");
    await client.end();
    return rows[0].value;
  }

  const aliasOf = (worker: number) => aliases.aliasOf(alice.accountId, workerIds[worker] ?? "");
  const generations = () => proxies.map((proxy) => proxy.generations.length);

  function generate(model: string, preferences: Record<string, string>): Answer {
    return alice.client.post("/api/generate", { model, ...SHORT, stream: true }, preferences);
  }

  /** How an answer ended: its status if it was refused, with what it was refused for. */
  async function end(answer: Answer) {
    const ended = await answer.ended;
    if (ended.kind === "refused") return { status: ended.status, error: ended.error };
    expect(ended.kind).toBe("complete");
    return { status: 200, error: "" };
  }

  /** Has both workers of the cheap model busy until the end of `act`. */
  async function whileBusy(act: () => Promise<void>): Promise<void> {
    const before = generations();
    for (const proxy of proxies) proxy.hold();
    const running = [0, 1].map(() => generate(CHEAP, {}));
    try {
      const areBusy = () => generations().every((count, index) => count > (before[index] ?? 0));
      await eventually("both workers to be busy", async () => areBusy());
      await act();
    } finally {
      for (const answer of running) answer.abort();
      for (const proxy of proxies) proxy.release();
      await Promise.all(running.map((answer) => answer.ended));
    }
  }

  it("about the price is refused before anything is reserved, or has a cheaper model answer", async () => {
    const before = await books.balance(`wallet:${alice.accountId}`);
    const refused = await end(generate(DEAR, { "x-flock-max-price": "10" }));
    expect(refused).toMatchObject({ status: 400, error: expect.stringContaining("costs 25 µLLAMA") });
    expect(await books.balance(`wallet:${alice.accountId}`)).toBe(before);
    const answer = generate(DEAR, { "x-flock-max-price": "10", "x-flock-fallback-models": CHEAP });
    await end(answer);
    expect(answer.lines.every(({ model }) => model === CHEAP)).toBe(true);
  }, 60_000);

  it("about privacy is kept: the prompt goes sealed", async () => {
    expect((await end(generate(CHEAP, { "x-flock-min-privacy": "sealed-to-worker" }))).status).toBe(200);
  });

  it("about workers is honoured: one that is excluded never gets it, one that is preferred does", async () => {
    for (const worker of [0, 1]) {
      for (const [header, gets] of [
        ["x-flock-exclude-workers", 1 - worker],
        ["x-flock-prefer-worker", worker],
      ] as const) {
        const before = generations();
        for (let turn = 0; turn < 3; turn++) await end(generate(CHEAP, { [header]: aliasOf(worker) }));
        const after = generations().map((count, index) => count - (before[index] ?? 0));
        expect(after).toEqual(gets === 0 ? [3, 0] : [0, 3]);
      }
    }
  }, 60_000);

  it("about workers that all are excluded is refused, or has another model answer", async () => {
    const both = { "x-flock-exclude-workers": `${aliasOf(0)}, ${aliasOf(1)}` };
    expect(await end(generate(CHEAP, both))).toMatchObject({
      status: 503,
      error: expect.stringContaining("is excluded from the job"),
    });
    const answer = generate(CHEAP, { ...both, "x-flock-fallback-models": DEAR });
    await end(answer);
    expect(answer.lines[0]?.["model"]).toBe(DEAR);
  }, 60_000);

  it("about the wait is refused at once with the estimate, or has another model answer, and nothing stays reserved", async () => {
    await whileBusy(async () => {
      const impatient = { "x-flock-max-queue-ms": "1" };
      const sentMs = performance.now();
      const refused = await fetch(`${alice.client.apiUrl}/api/generate`, {
        method: "POST",
        headers: { authorization: `Bearer ${alice.client.apiKey}`, ...impatient },
        body: JSON.stringify({ model: CHEAP, ...SHORT }),
      });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refused.json()).toEqual({
        error: expect.stringMatching(
          /is expected to be free in about \d+ ms, and the request waits for no more/,
        ),
      });
      expect(performance.now() - sentMs).toBeLessThan(1_000);
      const answer = generate(CHEAP, { ...impatient, "x-flock-fallback-models": DEAR });
      await end(answer);
      expect(answer.lines[0]?.["model"]).toBe(DEAR);
    });
    await eventually("nothing to be reserved any more", async () => {
      return (await books.held(`wallet:${alice.accountId}`)) === 0n;
    });
  }, 60_000);

  it("about the wait ends what has waited for as long, though less had been expected", async () => {
    await whileBusy(async () => {
      // The jobs before were short, and these never end.
      const { status: code, error } = await end(generate(CHEAP, { "x-flock-max-queue-ms": "3000" }));
      expect([code, error]).toEqual([503, expect.stringContaining("was free within the 3000 ms")]);
    });
  }, 60_000);

  it("holds in OpenAI's library and over gRPC: another model answers and says so", async () => {
    const openai = new OpenAI({
      baseURL: `${alice.client.apiUrl}/v1`,
      apiKey: alice.client.apiKey,
      maxRetries: 0,
      defaultHeaders: { "x-flock-max-price": "10", "x-flock-fallback-models": CHEAP },
    });
    const { data, response } = await openai.chat.completions
      .create({ model: DEAR, messages: [{ role: "user", content: "Hello" }], max_tokens: 3 })
      .withResponse();
    expect([data.model, response.headers.get("x-flock-model")]).toEqual([CHEAP, "flock-tiny:latest"]);

    const grpc = new GrpcTestClient(mesh.state.grpcAddress ?? "", alice.client.apiKey);
    const { generate: generateRpc } = InferenceDefinition.methods;
    const ask = (preferences: object) =>
      grpc.stream(InferenceDefinition, generateRpc, {
        ...{ model: DEAR, prompt: "Hello", options: { numPredict: 3 } },
        preferences,
      }).all;
    const answer = await ask({ maxPriceMicro: 10n, fallbackModels: [CHEAP] });
    expect(answer.at(-1)?.done?.model).toBe("flock-tiny:latest");
    expect((await failureOf(ask({ maxPriceMicro: 10n }))).code).toBe(status.FAILED_PRECONDITION);
    grpc.close();
  }, 60_000);
});
