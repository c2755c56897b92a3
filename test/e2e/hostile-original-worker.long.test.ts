import { type Books, type TestAccount, TestMesh, whole } from "@flock/harness";
import { FakeOriginalWorker, type PulledJob } from "./fake-original-worker.js";
import { untilBridged } from "./until-bridged.js";

const ASK = { model: "flock-tiny", prompt: "Tell me a story about a llama.", options: { temperature: 0 } };
const LINE = `${JSON.stringify({ model: "flock-tiny", response: "Once", done: false })}\n`;

describe("a hostile original worker at the bridge", () => {
  let mesh: TestMesh;
  let books: Books;
  let alice: TestAccount;
  let models: readonly unknown[];
  let text: string;

  beforeAll(async () => {
    mesh = await TestMesh.start({
      workers: 1,
      environment: {
        BRIDGE_FIRST_OUTPUT_MS: "1500",
        BRIDGE_SILENCE_MS: "1000",
        BRIDGE_PULL_WAIT_MS: "500",
        BRIDGE_KEYS_PER_ADDRESS_MAX: "40",
      },
    });
    books = await mesh.books();
    alice = await mesh.account("alice");
    const tags = await fetch(`${mesh.state.ollamaUrl}/api/tags`);
    ({ models } = (await tags.json()) as { models: readonly unknown[] });
    ({ text } = await whole(alice.client.generate(ASK)));
  }, 180_000);
  afterEach(() => mesh.control("worker-1", "resume"));
  afterAll(() => mesh?.stop(), 60_000);

  const newWorker = (publicKey?: string): FakeOriginalWorker =>
    new FakeOriginalWorker(`http://${mesh.state.bridgeAddress}`, models, publicKey);

  /** Has it given a job, and lets an ordinary worker be there when it fails. */
  async function given(
    worker: FakeOriginalWorker,
  ): Promise<{ job: PulledJob; answer: ReturnType<typeof ask> }> {
    await mesh.control("worker-1", "pause");
    const pulled = worker.untilGiven();
    await untilBridged(mesh, worker.publicKey);
    const answer = ask();
    const job = await pulled;
    await mesh.control("worker-1", "resume");
    return { job, answer };
  }

  function ask() {
    return alice.client.generate(ASK);
  }

  it.each<[string, (worker: FakeOriginalWorker, id: string) => unknown]>([
    ["never pushes", () => {}],
    ["pushes nothing", (worker, id) => worker.push(id, "")],
    ["pushes garbage", (worker, id) => worker.push(id, `${LINE}garbage\n`)],
    ["pushes bytes that are no text", (worker, id) => worker.push(id, Buffer.from([0xff, 0xfe, 0x0a]))],
    ["pushes JSON of other types", (worker, id) => worker.push(id, '{"response":{"length":1},"done":1}\n')],
    [
      "pushes counts that cannot be",
      (worker, id) => worker.push(id, '{"response":"","done":true,"done_reason":"stop","eval_count":-1}\n'),
    ],
    ["pushes a line without an end", (worker, id) => worker.push(id, Buffer.alloc(8 * 1024 * 1024, "a"))],
    [
      "pushes an error that blames the request",
      (worker, id) => worker.push(id, '{"error":"invalid format"}\n'),
    ],
    [
      "breaks off in the middle",
      (worker, id) => {
        const push = worker.beginPush(id);
        push.write(LINE.slice(0, 20), () => push.destroy());
      },
    ],
    [
      "drips bytes and ends no line",
      (worker, id) => {
        const push = worker.beginPush(id);
        const timer = setInterval(() => push.write(" "), 50);
        push.once("close", () => clearInterval(timer));
      },
    ],
  ])(
    "that %s harms nobody, and is not paid",
    async (_name, misbehave) => {
      const worker = newWorker();
      const { job, answer } = await given(worker);
      void misbehave(worker, job.id);
      const ended = await whole(answer);
      expect(ended.text).toBe(text);
      await books.settled(ended.jobId);
      expect(await books.balance(`earnings:${worker.publicKey}`).catch(() => 0n)).toBe(0n);
    },
    60_000,
  );

  it("cannot answer a job of another, nor one twice, nor one that never was", async () => {
    const honest = newWorker();
    const { job, answer } = await given(honest);
    const line = `${JSON.stringify({ model: "flock-tiny", response: "mine", done: false })}\n`;
    const last = `${JSON.stringify({ response: "", done: true, done_reason: "stop", prompt_eval_count: 9, eval_count: 2 })}\n`;
    expect((await newWorker().push(job.id, line + last)).status).toBe(404);
    // The same key, another process: its reference is another one.
    expect((await newWorker(honest.publicKey).push(job.id, line + last)).status).toBe(404);
    for (const id of ["0".repeat(32), "../../etc", "", "a".repeat(1_000)])
      expect((await honest.push(id, line + last)).status).toBe(404);
    expect((await honest.push(job.id, line + last)).status).toBe(200);
    expect((await whole(answer)).text).toBe("mine");
    expect((await honest.push(job.id, line + last)).status).toBe(404);
  }, 60_000);

  it("cannot send a pull of any size or kind, nor name what is no account", async () => {
    const worker = newWorker();
    expect((await worker.post("/api/pull", Buffer.alloc(4 * 1024 * 1024, "a"))).status).toBe(413);
    for (const body of [
      "",
      "garbage",
      "[]",
      "{}",
      '{"models":1,"reference":"r"}',
      '{"models":[],"reference":"a b"}',
    ])
      expect((await worker.post("/api/pull", body)).status).toBe(400);
    for (const key of ["undefined", "1".repeat(32), "a".repeat(64)])
      expect((await newWorker(key).post("/api/pull", "{}")).status).toBe(401);
    expect((await worker.post("/api/other", "")).status).toBe(404);
  }, 60_000);

  it("cannot bring any number of keys, and those that are there are served on", async () => {
    const known = newWorker();
    await known.pull();
    const results: number[] = [];
    for (let count = 0; count < 45; count++) {
      const body = JSON.stringify({ models: [], reference: "r" });
      results.push((await newWorker().post("/api/pull", body)).status);
    }
    expect(results).toContain(503);
    expect((await known.pull()).job).toBe(false);
  }, 60_000);

  it("that asks for more than it may is told to wait", async () => {
    const worker = newWorker();
    const results: number[] = [];
    for (let count = 0; count < 260 && !results.includes(429); count++)
      results.push((await worker.post("/api/pull", "{}")).status);
    expect(results.at(-1)).toBe(429);
    expect(results.length).toBeGreaterThan(200);
  }, 60_000);

  it("leaves the mesh as it was: an ordinary request is answered, and nothing has crashed", async () => {
    expect((await whole(ask())).text).toBe(text);
    expect(mesh.log("bridge").filter(({ level }) => Number(level) >= 50)).toEqual([]);
  }, 60_000);
});
