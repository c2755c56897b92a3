import { join } from "node:path";
import {
  type Books,
  eventually,
  OriginalWorker,
  RecordingProxy,
  type TestAccount,
  TestMesh,
  whole,
} from "@flock/harness";
import { generateIdentity } from "@flock/keys";
import { untilBridged } from "./until-bridged.js";

const ASK = { model: "flock-tiny", prompt: "Tell me a story about a llama.", options: { temperature: 0 } };
const CHAT = {
  model: "flock-tiny",
  messages: [{ role: "user", content: "Tell me about llamas." }],
  options: { temperature: 0 },
};
const LINE_INTERVAL_MS = 40;

describe("the original worker (npm flockollamas-worker), unmodified, at the bridge", () => {
  let mesh: TestMesh;
  let books: Books;
  let alice: TestAccount;
  let ollama: RecordingProxy;
  let publicKey: string;
  /** What the mesh calls the bridged worker of that key. */
  let bridgedId: string;
  let workers: OriginalWorker[] = [];
  let started = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start({
      workers: 1,
      environment: { BRIDGE_FIRST_OUTPUT_MS: "5000", BRIDGE_SILENCE_MS: "1500" },
    });
    books = await mesh.books();
    alice = await mesh.account("alice");
    ollama = await RecordingProxy.start({ target: mesh.state.ollamaUrl, lineIntervalMs: LINE_INTERVAL_MS });
  }, 180_000);

  beforeEach(() => {
    publicKey = generateIdentity().id;
  });

  afterEach(async () => {
    await mesh.control("worker-1", "resume");
    await Promise.all(workers.map((worker) => worker.kill()));
    workers = [];
  });

  afterAll(async () => {
    await ollama?.stop();
    await mesh?.stop();
  }, 60_000);

  async function startOriginal(): Promise<OriginalWorker> {
    const worker = await OriginalWorker.start({
      serverUrl: `http://${mesh.state.bridgeAddress}`,
      ollamaUrl: ollama.url,
      publicKey,
      folder: join(mesh.dataDir, "logs", `original-${++started}`),
    });
    workers.push(worker);
    bridgedId = await untilBridged(mesh, publicKey);
    return worker;
  }

  async function privacyOf(jobId: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${alice.client.apiKey}` };
    const told = await fetch(`${alice.client.apiUrl}/flock/v1/jobs/${jobId}`, { headers });
    return ((await told.json()) as { job?: { privacy: unknown } }).job?.privacy;
  }

  /** As the mesh answers when nothing is in the way. */
  async function undisturbed(path: string, body: object) {
    const request = { method: "POST", body: JSON.stringify({ ...body, stream: false }) };
    return (await (await fetch(`${mesh.state.ollamaUrl}${path}`, request)).json()) as {
      readonly response?: string;
      readonly message?: { readonly content: string };
      readonly prompt_eval_count: number;
      readonly eval_count: number;
    };
  }

  async function leasesOf(jobId: string): Promise<number> {
    const line = await eventually(`the api's log line of ${jobId}`, () =>
      mesh.log("api").find((each) => each["requestId"] === jobId),
    );
    return Number(line["leases"]);
  }

  it.each([
    ["a streamed chat", "/api/chat", { ...CHAT, stream: true }],
    ["a chat that is not streamed", "/api/chat", { ...CHAT, stream: false }],
    ["a streamed completion", "/api/generate", { ...ASK, stream: true }],
  ])(
    "serves %s, and its public key is paid",
    async (_name, path, body) => {
      const reference = await undisturbed(path, body);
      await mesh.control("worker-1", "pause");
      const worker = await startOriginal();
      const answer = await whole(alice.client.post(path, body));
      expect(answer.text).toBe(reference.response ?? reference.message?.content);
      expect(answer.promptTokens).toBe(reference.prompt_eval_count);
      expect(answer.completionTokens).toBe(reference.eval_count);
      await eventually("it says that it has worked", () => worker.jobs === 1);
      await eventually(
        "its job to be told of as plain text",
        async () => (await privacyOf(answer.jobId)) === "plaintext",
      );
      const { chargeMicro, workerShareMicro } = await books.settled(answer.jobId);
      expect(chargeMicro).toBeGreaterThan(0n);
      expect(await books.balance(`earnings:${publicKey}`)).toBe(workerShareMicro);
      expect(await books.balance(`earnings:${bridgedId}`).catch(() => 0n)).toBe(0n);
    },
    60_000,
  );

  it("is given nothing while an ordinary worker is free", async () => {
    const worker = await startOriginal();
    for (let round = 0; round < 5; round++) await whole(alice.client.generate(ASK));
    expect(worker.jobs).toBe(0);
  }, 60_000);

  /** Begins an answer at the original worker, with an ordinary one ready to take over; does `harm` in mid-stream. */
  async function disturb(harm: (worker: OriginalWorker) => void) {
    const reference = await undisturbed("/api/generate", ASK);
    await mesh.control("worker-1", "pause");
    const worker = await startOriginal();
    const answer = alice.client.generate(ASK);
    await answer.until("line 5", (so) => so.lines.length >= 5);
    await mesh.control("worker-1", "resume");
    harm(worker);
    const ended = await whole(answer);
    expect(ended.text).toBe(reference.response);
    expect([ended.promptTokens, ended.completionTokens]).toEqual([
      reference.prompt_eval_count,
      reference.eval_count,
    ]);
    expect(await leasesOf(ended.jobId)).toBe(2);
    await books.settled(ended.jobId);
    return { worker, ended };
  }

  it("may be killed in the middle of an answer: another worker completes it, to the byte, and is paid", async () => {
    await disturb((worker) => worker.signal("SIGKILL"));
    expect(await books.balance(`earnings:${publicKey}`).catch(() => 0n)).toBe(0n);
  }, 60_000);

  it("may fall silent in the middle of an answer, with the same end, and works on when it is back", async () => {
    const { worker } = await disturb((each) => each.signal("SIGSTOP"));
    worker.signal("SIGCONT");
    await mesh.control("worker-1", "pause");
    // It goes on polling when the bridge has closed its push; its probation ends a while after its failure.
    const answer = await whole(alice.client.generate(ASK));
    expect(worker.jobs).toBe(2);
    await books.settled(answer.jobId);
  }, 90_000);

  it("goes on polling when a client has had enough", async () => {
    await mesh.control("worker-1", "pause");
    const worker = await startOriginal();
    const answer = alice.client.generate(ASK);
    await answer.until("line 5", (so) => so.lines.length >= 5);
    answer.abort();
    await eventually("its push was ended", () => ollama.generations.at(-1)?.finishedMs !== undefined);
    expect((await whole(alice.client.generate(ASK))).doneReason).toMatch(/stop|length/);
    expect(worker.jobs).toBe(2);
  }, 90_000);

  it("that names no account is told so, and asks on", async () => {
    publicKey = "H6tToTCwzYibokBDNLS2vb7spzcOvbRAcWBryb3bqnE";
    const worker = await OriginalWorker.start({
      serverUrl: `http://${mesh.state.bridgeAddress}`,
      ollamaUrl: ollama.url,
      publicKey,
      folder: join(mesh.dataDir, "logs", `original-${++started}`),
    });
    workers.push(worker);
    await eventually("it was refused", () => worker.output.includes("Failed to connect to server."));
    const answer = await fetch(`http://${mesh.state.bridgeAddress}/api/pull`, {
      method: "POST",
      headers: { authorization: `Bearer ${publicKey}` },
      body: "{}",
    });
    expect([answer.status, await answer.json()]).toEqual([
      401,
      { error: expect.stringContaining(publicKey) },
    ]);
  }, 60_000);

  it("finds its server alive", async () => {
    const answer = await fetch(`http://${mesh.state.bridgeAddress}/ping`);
    expect([answer.status, await answer.text()]).toEqual([200, "pong"]);
  });
});
