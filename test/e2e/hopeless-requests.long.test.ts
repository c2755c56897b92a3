import { ChoosyOllama, type TestAccount, TestMesh, whole } from "@flock/harness";
import { openBucket } from "@flock/mesh";
import { BUCKETS } from "@flock/proto";
import { WorkerSnapshot } from "@flock/proto/workers";

const SLOTS = 2;
const ANSWER_MS = 20;
const HOPELESS = 100;

describe("a client that sends only requests that no engine can serve", () => {
  let mesh: TestMesh;
  let ollama: ChoosyOllama;
  let hopeless: TestAccount;
  let good: TestAccount;
  beforeAll(async () => {
    ollama = await ChoosyOllama.start(ANSWER_MS);
    mesh = await TestMesh.start({ workers: 1 });
    for (const _ of [1, 2]) await mesh.startWorker({ ollamaUrl: ollama.url, slots: SLOTS });
    [hopeless, good] = [await mesh.account("hopeless"), await mesh.account("good")];
    await whole(good.client.post("/api/generate", { model: ollama.model, prompt: "Are you there?" }));
  }, 180_000);
  afterAll(async () => {
    await mesh?.stop();
    await ollama?.stop();
  }, 60_000);

  const ask = (prompt: string, stream = false) =>
    hopeless.client.post("/api/generate", { model: ollama.model, prompt, stream });

  /** The state of each worker's breaker, as the router keeps it in its snapshots. */
  async function breakers(): Promise<string[]> {
    const bucket = await openBucket(await mesh.connection(), BUCKETS.workers);
    const states: string[] = [];
    for await (const key of await bucket.keys()) {
      const entry = await bucket.get(key);
      if (entry?.operation === "PUT") states.push(WorkerSnapshot.decode(entry.value).breaker);
    }
    return states;
  }

  it.each([
    ["template", "template: :1: unclosed action", 1],
    ["schema", "Failed to initialize samplers: penalty_repeat must be finite and greater than 0", 1],
    ["unknown", "words that this version of the network has never heard", 2],
  ])(
    "is told so in the engine's words: %s",
    async (fault, words, engines) => {
      const before = ollama.asked;
      const answer = ask(`refuse: ${fault}`);
      expect(await answer.ended).toEqual({ kind: "refused", status: 400, error: words });
      expect(ollama.asked - before).toBe(engines);
    },
    30_000,
  );

  it("is told so of embeddings, too", async () => {
    const answer = hopeless.client.post("/api/embed", { model: ollama.model, input: "refuse: embeddings" });
    expect(await answer.ended).toEqual({
      kind: "refused",
      status: 400,
      error: "This server does not support embeddings. Start it with `--embeddings`",
    });
  }, 30_000);

  it("delays another client by no more than the slots that it is entitled to, opens no breaker, and pays nothing", async () => {
    const books = await mesh.books();
    const before = await books.balance(`wallet:${hopeless.accountId}`);
    const faults = ["template", "schema", "unknown"];
    const all = Array.from({ length: HOPELESS }, (_, index) =>
      ask(`refuse: ${faults[index % faults.length]}`),
    );
    const startedMs = performance.now();
    const answer = await whole(good.client.post("/api/generate", { model: ollama.model, prompt: "Me, too" }));
    const tookMs = performance.now() - startedMs;
    expect(answer.text).toBe("yes");
    const statuses = await Promise.all(all.map((one) => one.ended.then(() => one.status)));
    expect(statuses.filter((status) => status !== 400)).toEqual([]);
    // Fair queuing: at most one job of the other account before this one on each slot, and some time to queue them all.
    expect(tookMs).toBeLessThan(2_000);
    expect(await breakers()).toEqual(["closed", "closed", "closed"]);
    expect(mesh.log("router").filter(({ msg }) => String(msg).includes("breaker opened"))).toEqual([]);
    await books.settled(answer.jobId);
    expect(await books.balance(`wallet:${hopeless.accountId}`)).toBe(before);
    expect(await books.held(`wallet:${hopeless.accountId}`)).toBe(0n);
  }, 90_000);
});
