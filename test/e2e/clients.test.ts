import {
  type Books,
  eventually,
  postUnread,
  RecordingProxy,
  residentBytes,
  sumOf,
  TalkativeEngine,
  type TestAccount,
  TestMesh,
} from "@flock/harness";

const MIB = 1024 * 1024;
const UNSENT_BYTES_MAX = 256 * 1024;
const STALL_TIMEOUT_MS = 1_500;
const CANCEL_MS_MAX = 200;
const STORY = { model: "flock-tiny", prompt: "Tell me a story about a llama.", options: { temperature: 0 } };

describe("a client that goes away", () => {
  let mesh: TestMesh;
  let books: Books;
  let proxy: RecordingProxy;
  let alice: TestAccount;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 0, sequences: 4 });
    // The real engine, slowed down, so that there is a middle to go away in.
    proxy = await RecordingProxy.start({ target: mesh.state.ollamaUrl, lineIntervalMs: 10 });
    await mesh.startWorker({ ollamaUrl: proxy.url, slots: 4 });
    books = await mesh.books();
    alice = await mesh.account("alice");
    await eventually("the model to be served", async () => (await alice.client.ollama().list()).models[0]);
  }, 180_000);
  afterAll(async () => {
    await mesh?.stop();
    await proxy?.stop();
  }, 60_000);

  /** Job ids in the order of their settlement: a client that goes away early is not told its own. */
  async function settledJobs(): Promise<string[]> {
    const query = "SELECT job_id FROM ledger.settlements ORDER BY settled_at";
    return (await books.query<{ job_id: string }>(query)).map(({ job_id }) => job_id);
  }

  it.each([
    ["streamed", true],
    ["not streamed", false],
  ])(
    "ends its job at the engine within 200 ms and pays for what was generated: %s",
    async (_name, stream) => {
      const before = await books.balance(`wallet:${alice.accountId}`);
      const settledBefore = await settledJobs();
      const seen = proxy.generations.length;
      const answer = alice.client.generate({ ...STORY, stream });
      const generation = await eventually("the engine to be in the middle", () => {
        const begun = proxy.generations[seen];
        return begun !== undefined && begun.answerLines >= 15 ? begun : undefined;
      });
      const wentMs = performance.now();
      answer.abort();
      const hungUpMs = await eventually("the engine to hear of it", () => generation.hungUpMs);
      expect(hungUpMs - wentMs).toBeLessThan(CANCEL_MS_MAX);
      expect(generation.finishedMs).toBeUndefined();

      const jobId = await eventually(
        "the settlement",
        async () => (await settledJobs())[settledBefore.length],
      );
      const settlement = await books.settled(jobId);
      const after = await books.balance(`wallet:${alice.accountId}`);
      expect(before - after).toBe(settlement.chargeMicro);
      // What the worker had been given by then, and not a token of what the engine would have gone on to say.
      expect(Number(settlement.completionTokens)).toBeGreaterThanOrEqual(answer.lines.length);
      expect(Number(settlement.completionTokens)).toBeLessThanOrEqual(generation.answerLines);
      expect(Number(settlement.completionTokens)).toBeGreaterThanOrEqual(10);
    },
    60_000,
  );

  it("has its job taken out of the queue when it has not begun", async () => {
    const busy = Array.from({ length: 4 }, () => alice.client.generate(STORY));
    await Promise.all(busy.map((answer) => answer.until("its first line", (so) => so.lines.length > 0)));
    const seen = proxy.generations.length;
    const waiting = alice.client.generate(STORY);
    await eventually("the job to wait", async () => {
      const samples = await mesh.metrics("router");
      return sumOf(samples, "flock_router_queued_jobs") > 0;
    });
    waiting.abort();
    await Promise.all(busy.map((answer) => answer.ended));
    // Had it stayed, it would have been begun by now, before any job that is asked for later.
    const later = alice.client.generate(STORY);
    await later.ended;
    expect(proxy.generations).toHaveLength(seen + 1);
  }, 60_000);
});

describe("a client that does not read", () => {
  let mesh: TestMesh;
  let engine: TalkativeEngine;
  let alice: TestAccount;
  beforeAll(async () => {
    mesh = await TestMesh.start({
      workers: 0,
      environment: {
        API_UNSENT_BYTES_MAX: String(UNSENT_BYTES_MAX),
        API_STALL_TIMEOUT_MS: String(STALL_TIMEOUT_MS),
        API_COMPLETION_TOKENS_MAX: "1000000",
      },
    });
    engine = await TalkativeEngine.start({ tokens: 200_000, tokenCharacters: 1_000 });
    await mesh.startWorker({ ollamaUrl: engine.url, slots: 16 });
    alice = await mesh.account("alice", 1_000_000_000_000n);
    await eventually("the model to be served", async () => (await alice.client.ollama().list()).models[0]);
  }, 180_000);
  afterAll(async () => {
    await mesh?.stop();
    await engine?.stop();
  }, 60_000);

  it("is cut off, and ten of them cost the api a bounded amount of memory", async () => {
    const [pid = 0] = mesh.pids("api");
    const before = await residentBytes(pid);
    const { apiUrl, apiKey } = alice.client;
    const request = { model: engine.model, prompt: "talk" };
    const clients = await Promise.all(
      Array.from({ length: 10 }, () => postUnread(apiUrl, apiKey, "/api/generate", request)),
    );
    let peak = before;
    await eventually("all of them to be cut off", async () => {
      peak = Math.max(peak, await residentBytes(pid));
      return sumOf(await mesh.metrics("api"), "flock_api_clients_cut_off_total") === 10;
    });
    await eventually("their jobs to end at the engine", () => engine.active === 0 && engine.hungUp >= 10);
    for (const client of clients) client.close();
    // They would have been sent 2 GB. What a process grows by besides its bounds is garbage not yet collected.
    expect(peak - before).toBeLessThan(10 * UNSENT_BYTES_MAX + 300 * MIB);
  }, 60_000);

  it("is cut off when it stops in the middle, and others beside it are served as ever", async () => {
    const cutBefore = sumOf(await mesh.metrics("api"), "flock_api_clients_cut_off_total");
    const answer = alice.client.generate({ model: engine.model, prompt: "talk" });
    await answer.until("some lines", (so) => so.lines.length > 20);
    answer.pause();
    const other = alice.client.generate({
      model: engine.model,
      prompt: "talk",
      options: { num_predict: 50 },
    });
    expect(await other.ended).toMatchObject({ kind: "complete" });
    await eventually("it to be cut off", async () => {
      return sumOf(await mesh.metrics("api"), "flock_api_clients_cut_off_total") === cutBefore + 1;
    });
    answer.resume();
    expect(await answer.ended).toMatchObject({ kind: "broken" });
  }, 60_000);
});
