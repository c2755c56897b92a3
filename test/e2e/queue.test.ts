import {
  type Answer,
  eventually,
  RecordingProxy,
  TalkativeEngine,
  type TestAccount,
  TestMesh,
} from "@flock/harness";

const SLOTS = 4;
const QUEUED = 200;
const QUEUE_PER_ACCOUNT_MAX = 205;
const QUEUE_TOTAL_MAX = 210;
/** What one answer takes beyond its turn in the queue, on a machine that is busy with the test itself. */
const SLACK_MS = 300;
const SHORT = {
  model: "flock-tiny",
  prompt: "Tell me a story about a llama.",
  options: { temperature: 0, num_predict: 20 },
};

describe("the queue for a model", () => {
  let mesh: TestMesh;
  let proxy: RecordingProxy;
  let talkative: TalkativeEngine;
  let alice: TestAccount;
  let bob: TestAccount;
  let worker: Awaited<ReturnType<TestMesh["startWorker"]>>;
  beforeAll(async () => {
    mesh = await TestMesh.start({
      workers: 0,
      sequences: SLOTS,
      environment: {
        ROUTER_QUEUE_PER_ACCOUNT_MAX: String(QUEUE_PER_ACCOUNT_MAX),
        ROUTER_QUEUE_TOTAL_MAX: String(QUEUE_TOTAL_MAX),
      },
    });
    proxy = await RecordingProxy.start({ target: mesh.state.ollamaUrl, lineIntervalMs: 15 });
    talkative = await TalkativeEngine.start({ tokens: 5, tokenCharacters: 10 });
    worker = await mesh.startWorker({ ollamaUrl: proxy.url, slots: SLOTS });
    await mesh.startWorker({ ollamaUrl: talkative.url, slots: SLOTS });
    [alice, bob] = await Promise.all([mesh.account("alice"), mesh.account("bob")]);
    await eventually("both models to be served", async () => (await alice.client.ollama().list()).models[1]);
  }, 180_000);
  afterAll(async () => {
    await mesh?.stop();
    await Promise.all([proxy?.stop(), talkative?.stop()]);
  }, 60_000);

  function fill(account: TestAccount, count: number): Answer[] {
    return Array.from({ length: count }, () => account.client.generate(SHORT));
  }

  async function routerQueue(length: number): Promise<void> {
    await eventually(`${length} jobs to wait`, async () => {
      const samples = await mesh.metrics("router");
      const queued = samples.filter(({ name }) => name === "flock_router_queued_jobs");
      return queued.reduce((sum, { value }) => sum + value, 0) >= length;
    });
  }

  async function leave(answers: readonly Answer[]): Promise<void> {
    for (const answer of answers) answer.abort();
    await Promise.all(answers.map((answer) => answer.ended));
    await eventually("the engine to be idle", () =>
      proxy.generations.every(({ hungUpMs, finishedMs }) => (hungUpMs ?? finishedMs) !== undefined),
    );
  }

  it("lets another account's single job wait for no more than one service time of 200 that came before it", async () => {
    const crowd = fill(alice, QUEUED);
    await routerQueue(QUEUED - SLOTS - 10);
    const waitsMs: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const single = bob.client.generate(SHORT);
      await single.until("its first line", (so) => so.lines.length > 0);
      waitsMs.push((single.linesMs[0] ?? 0) - single.sentMs);
      await single.ended;
    }
    const servicesMs = proxy.generations.flatMap(({ startedMs, finishedMs }) =>
      finishedMs === undefined ? [] : [finishedMs - startedMs],
    );
    const done = crowd.filter(({ endedMs }) => endedMs !== undefined).length;
    await leave(crowd);
    // The crowd was still waiting all the time, so each of the single jobs had to be let past it.
    expect(done).toBeLessThan(QUEUED / 2);
    expect(Math.max(...waitsMs)).toBeLessThan(Math.max(...servicesMs) + SLACK_MS);
  }, 60_000);

  it("refuses with 429 what is too much of one account, with 503 what is too much of all, and says when to return", async () => {
    proxy.hold();
    const crowd = fill(alice, SLOTS + QUEUE_PER_ACCOUNT_MAX);
    await routerQueue(QUEUE_PER_ACCOUNT_MAX);
    const oneMore = alice.client.generate(SHORT);
    expect(await oneMore.ended).toMatchObject({ kind: "refused", status: 429 });
    const others = fill(bob, QUEUE_TOTAL_MAX - QUEUE_PER_ACCOUNT_MAX);
    await routerQueue(QUEUE_TOTAL_MAX);
    const last = bob.client.generate(SHORT);
    expect(await last.ended).toMatchObject({ kind: "refused", status: 503 });
    for (const { headers } of [oneMore, last]) {
      expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(1);
      expect(Number(headers["retry-after-ms"])).toBeGreaterThanOrEqual(1_000);
    }
    // The queue is full, but there is room for a model whose worker is idle.
    for (let turn = 0; turn < 5; turn++) {
      const idle = bob.client.generate({ model: talkative.model, prompt: "talk" });
      expect(await idle.ended).toMatchObject({ kind: "complete" });
    }
    await leave([...crowd, ...others]);
    proxy.release();
  }, 60_000);

  it("refuses nothing while a worker has a free slot", async () => {
    for (let turn = 0; turn < 8; turn++) {
      const ends = await Promise.all(
        Array.from(
          { length: SLOTS },
          (_, index) =>
            (index % 2 === 0 ? alice : bob).client.generate({ model: talkative.model, prompt: "talk" }).ended,
        ),
      );
      expect(ends.map(({ kind }) => kind)).toEqual(ends.map(() => "complete"));
    }
  }, 60_000);

  it("answers 503 for a model that was served and is not at the moment, and 404 for one that never was", async () => {
    await worker.stop();
    const known = await eventually("the worker to be missed", async () => {
      const answer = alice.client.generate(SHORT);
      return (await answer.ended).kind === "refused" ? answer : undefined;
    });
    expect(known.status).toBe(503);
    expect(Number(known.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    const unknown = alice.client.generate({ ...SHORT, model: "never-seen" });
    expect(await unknown.ended).toMatchObject({ kind: "refused", status: 404 });
    expect(unknown.headers["retry-after"]).toBeUndefined();
  }, 60_000);
});
