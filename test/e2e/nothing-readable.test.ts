import { randomBytes } from "node:crypto";
import { eventually, type OwnProcess, sumOf, type TestAccount, TestMesh, whole } from "@flock/harness";
import { type JobRunner, WorkerRuntime } from "@flock/jobs";
import { generateIdentity } from "@flock/keys";
import { localMeshKey } from "@flock/launcher";
import { EverythingInBetween } from "./everything-in-between.js";
import { QuotingEngine, REFUSED } from "./quoting-engine.js";

/** A word that occurs nowhere else. */
const newMark = (): string => `Mark${randomBytes(12).toString("hex")}`;

/** Two workers with one engine, whose answers have a mark of their own. */
describe("of prompts and answers", () => {
  const outputMark = newMark();
  let mesh: TestMesh;
  let alice: TestAccount;
  let engine: QuotingEngine;
  let workers: OwnProcess[] = [];

  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 0, sequences: 1, logLevel: "debug" });
    engine = await QuotingEngine.start(outputMark);
    workers = [];
    for (const _ of [1, 2])
      workers.push(await mesh.startWorker({ ollamaUrl: engine.url, logLevel: "debug" }));
    alice = await mesh.account("alice");
    await untilServed();
  }, 180_000);
  afterAll(async () => {
    await mesh?.stop();
    await engine?.stop();
  }, 60_000);

  async function untilServed(): Promise<void> {
    await eventually("the model to be served", async () => {
      const { models } = await alice.client.ollama().list();
      return models.some(({ name }) => name === engine.model);
    });
  }

  const body = (prompt: string, more: object = {}) => ({
    ...{ model: engine.model, prompt, stream: true, options: { num_predict: 20 } },
    ...more,
  });
  const generate = (prompt: string, more: object = {}, headers: Record<string, string> = {}) =>
    alice.client.post("/api/generate", body(prompt, more), headers);
  const answerOf = (tokens: number) =>
    Array.from({ length: tokens }, (_, index) => `${outputMark}-${index} `).join("");

  it("nothing is readable in between: in no message, no stream, no log, no file", async () => {
    const promptMark = newMark();
    const prompt = `Tell me about ${promptMark}.`;
    const marks = { prompt: promptMark, output: outputMark };
    const watch = await EverythingInBetween.watch(await mesh.connection(), marks);
    const sealed = { "x-flock-min-privacy": "sealed-to-worker" };

    const streamed = await whole(generate(prompt, {}, sealed));
    expect(streamed.text).toBe(answerOf(20));
    expect((await whole(generate(prompt, { stream: false }))).text).toBe(answerOf(20));
    // Longer than a grant: it travels in parts.
    expect((await whole(generate(`${prompt} `.repeat(12_000)))).text).toBe(answerOf(20));

    const refused = await generate(`${prompt} ${REFUSED}`).ended;
    expect(refused).toMatchObject({ kind: "refused", error: expect.stringContaining(promptMark) });

    const begun = engine.begun;
    const resumed = generate(prompt, { options: { num_predict: 200 } });
    await eventually("some words of the answer", () => resumed.lines.length > 5);
    expect(engine.begun).toBe(begun + 1);
    await killWhoAnswers();
    expect((await whole(resumed)).text).toBe(answerOf(200));
    expect(engine.begun).toBe(begun + 2);

    expect(await watch.look(mesh.dataDir)).toEqual([]);
    expect(watch.seen.messages).toBeGreaterThan(500_000);
    expect(Math.min(watch.seen.stored, watch.seen.files)).toBeGreaterThan(0);
  }, 120_000);

  it("all would have been found: a worker that takes plain text shows both, and its label says so", async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    const promptMark = newMark();
    const runner: JobRunner = {
      run: async (_job, emit) => {
        emit({ text: `${outputMark} again`, tokens: 1, promptTokens: 1 });
        const durations = { loadDurationNs: 1, promptEvalDurationNs: 1, evalDurationNs: 1 };
        return { doneReason: "stop", promptTokens: 1, completionTokens: 1, ...durations };
      },
    };
    const connection = await mesh.connection();
    const { publicKey: meshKey } = await localMeshKey(mesh.dataDir);
    const identity = generateIdentity();
    const plain = new WorkerRuntime({
      ...{ mesh: connection, workerId: identity.id, signer: identity, slots: 1, runner, drainTimeoutMs: 0 },
      ...{ offersKeys: false, describe: async () => undefined, meshKeys: () => [meshKey] },
    });
    const stop = new AbortController();
    const stopped = plain.start(stop.signal);
    const { model: name, digest } = engine;
    plain.setModels([{ name, digest, sizeBytes: 1, loaded: true, contextLength: 0 }]);
    try {
      await eventually("the plain worker alone to serve", async () => (await servers()) === 1);
      const marks = { prompt: promptMark, output: outputMark };
      const watch = await EverythingInBetween.watch(connection, marks);
      const response = await fetch(`${alice.client.apiUrl}/api/generate`, {
        method: "POST",
        headers: { authorization: `Bearer ${alice.client.apiKey}` },
        body: JSON.stringify(body(`Tell me about ${promptMark}.`, { stream: false })),
      });
      expect([response.status, response.headers.get("x-flock-privacy")]).toEqual([200, "plaintext"]);
      expect(await watch.look(mesh.dataDir)).toEqual([
        expect.stringMatching(/^output: message on res$/),
        expect.stringMatching(/^prompt: message on /),
      ]);
      const sealed = { "x-flock-min-privacy": "sealed-to-worker", "x-flock-max-queue-ms": "1000" };
      const refused = await generate("Tell me.", {}, sealed).ended;
      expect(refused).toMatchObject({ kind: "refused", status: 503 });
    } finally {
      stop.abort();
      await stopped;
    }
  }, 120_000);

  /** SIGKILLs the worker that runs a job. */
  async function killWhoAnswers(): Promise<void> {
    const running = await eventually("a worker to run the job", async () => {
      const leases = await Promise.all(workers.map((_, at) => mesh.activeLeases(`own-worker-${at + 1}`)));
      return leases.some((count) => count > 0) && { index: leases.findIndex((count) => count > 0) };
    });
    const worker = workers[running.index];
    if (worker === undefined) throw new Error("no such worker");
    process.kill(worker.pid, "SIGKILL");
  }

  async function servers(): Promise<number> {
    return sumOf(await mesh.metrics("router"), "flock_router_live_workers");
  }
});
