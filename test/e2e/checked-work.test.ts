import { eventually, TestMesh } from "@flock/harness";
import { CatalogueView, call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { CalibrationCell, StandingState, type SummaryReply, VERIFIER } from "@flock/proto/verifier";
import { hardwareClassName, type WorkerSnapshot } from "@flock/proto/workers";
import { CannedEngine } from "./canned-engine.js";

const version = PROTOCOL_VERSION;
const QUESTIONS = ["Peru", "France", "Japan", "Kenya", "Chile", "Spain", "Egypt", "Norway"];

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await TestMesh.start({ workers: 2, verifier: true, environment: { VERIFIER_CONCURRENCY: "2" } });
}, 180_000);
afterAll(() => mesh?.stop(), 60_000);

async function summary(): Promise<SummaryReply> {
  return call(await mesh.connection(), VERIFIER.summary, { version });
}

/** Asks for an answer of some length. */
async function ask(question: string): Promise<void> {
  const response = await fetch(`${mesh.state.apiUrl}/api/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${mesh.state.apiKey}` },
    body: JSON.stringify({
      model: mesh.model,
      prompt: `What is the capital of ${question}?`,
      stream: false,
      options: { temperature: 0, num_predict: 60 },
    }),
  });
  expect(response.status).toBe(200);
  await response.json();
}

async function liveWorkers(): Promise<WorkerSnapshot[]> {
  const catalogue = new CatalogueView(await mesh.connection());
  const stop = new AbortController();
  const following = catalogue.start(stop.signal);
  await eventually("the workers are known", () => catalogue.notReady() === undefined);
  const workers = catalogue.liveWorkers();
  stop.abort();
  await following;
  return workers;
}

/** What would be measured of the engine that all workers have. */
async function calibrate(): Promise<void> {
  const [worker] = await liveWorkers();
  const [model] = worker?.models ?? [];
  if (worker === undefined || model === undefined) throw new Error("no worker has a model");
  const cell = CalibrationCell.fromPartial({
    modelDigest: model.digest,
    engine: worker.engine.split(".").slice(0, 2).join("."),
    hardware: hardwareClassName(worker.hardware),
    speculation: "none",
    ...{ positions: 1_000, mismatches: 0, surprisalSlackMillinats: 200, measuredUnixMs: Date.now() },
  });
  await call(await mesh.connection(), VERIFIER.loadCalibration, { version, cells: [cell] });
}

describe("work that is checked", () => {
  it("is found to be the model's, when it is", async () => {
    await calibrate();
    for (const question of QUESTIONS) await ask(question);
    await eventually("all jobs are checked", async () => (await summary()).jobsChecked >= QUESTIONS.length, {
      timeoutMs: 60_000,
    });
    const { jobsDrawn, jobsChecked, same, checkTokens } = await summary();
    expect([jobsDrawn, jobsChecked, same]).toEqual(QUESTIONS.map(() => QUESTIONS.length).slice(0, 3));
    expect(checkTokens).toBeGreaterThan(0);
  }, 120_000);

  it("is found out, and its worker quarantined, when it is the same text for everybody", async () => {
    const honest = new Set((await liveWorkers()).map(({ workerId }) => workerId));
    const engine = await CannedEngine.start(mesh.state.ollamaUrl);
    try {
      await mesh.startWorker({ ollamaUrl: engine.url, slots: 8 });
      const cheat = await eventually("the cheat is there", async () =>
        (await liveWorkers()).map(({ workerId }) => workerId).find((id) => !honest.has(id)),
      );
      const standings = async () =>
        (await call(await mesh.connection(), VERIFIER.standings, { version, workerIds: [cheat, ...honest] }))
          .standings;
      await eventually(
        "it is quarantined",
        async () => {
          await Promise.all(QUESTIONS.map(ask));
          const found = (await standings()).find(({ workerId }) => workerId === cheat);
          return found?.standing?.state === StandingState.QUARANTINED;
        },
        { timeoutMs: 90_000, intervalMs: 1_000 },
      );
      const others = (await standings()).filter(({ workerId }) => workerId !== cheat);
      expect(others.map(({ different }) => different)).toEqual(others.map(() => 0));
      const { verdicts } = await call(await mesh.connection(), VERIFIER.verdicts, {
        version,
        ...{ workerId: cheat, cursor: "", limit: 0 },
      });
      expect(verdicts).toHaveLength(1);
    } finally {
      await engine.stop();
    }
  }, 180_000);
});
