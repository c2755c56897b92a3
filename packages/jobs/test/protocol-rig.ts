import { generateIdentity, type Identity } from "@flock/keys";
import {
  type Clock,
  connectMesh,
  EventPublisher,
  ensureEventsStream,
  type Mesh,
  manager,
  systemClock,
} from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { meshSigner } from "@flock/ports";
import { EVENTS, STREAMS } from "@flock/proto";
import { type CompletedJob, type FailedJob, InferenceCompleted, InferenceFailed } from "@flock/proto/events";
import { Chunk } from "@flock/proto/jobs";
import { startTestNats, type TestNats, eventually as waitFor } from "@flock/provision/testing";
import {
  type JobRunner,
  Requester,
  type RequesterOptions,
  WorkerRuntime,
  type WorkerRuntimeOptions,
} from "../src/index.js";
import { DIGEST, FakeRouter, MODEL } from "./fake-router.js";

/*
 * Requesters and workers that speak the job protocol over a real nats-server, with a fake router between them. A test
 * file that imports this has one server to itself; what a test starts ends with it.
 */

export { type Running, spec, submit } from "./test-jobs.js";

export const WORDS = Array.from({ length: 40 }, (_, index) => `w${index} `);
export const TEXT = WORDS.join("");
/** Fast clocks, so that losses are found while the test watches. */
export const FAST: Partial<RequesterOptions> = {
  progressTimeoutMs: 1_500,
  exclusionMs: 2_000,
};

export let nats: TestNats;
export let mesh: Mesh;
export let router: FakeRouter;
export const cleanups: (() => Promise<void>)[] = [];

export async function connect(): Promise<Mesh> {
  const name = "test";
  return connectMesh({
    natsUrl: nats.url,
    name,
    logger: createLogger(name, "silent"),
    meter: createMetrics(name).meter,
  });
}

export function eventually<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  return waitFor("the condition", probe, { timeoutMs });
}

/** Where workers reach the requester of a job: as its ticket says. */
export async function addressOf(jobId: string): Promise<string> {
  const request = await eventually(() => router.requests.find((one) => one.jobId === jobId));
  return request.requesterId;
}

/** The first chunk of a job's first lease: one token. */
export function chunkOf(jobId: string, text: string): Chunk {
  return Chunk.fromPartial({ jobId, lease: 1, content: { $case: "plain", value: { text } }, tokens: 1 });
}

export interface TestWorker {
  readonly identity: Identity;
  readonly runtime: WorkerRuntime;
  /** Its connection. */
  readonly mesh: Mesh;
  stop(): Promise<void>;
}

export async function startWorker(
  runner: JobRunner,
  slots = 4,
  slotGauge: WorkerRuntimeOptions["slotGauge"] = {},
  more: Partial<
    Pick<WorkerRuntimeOptions, "workerId" | "signer" | "delegation" | "payeeId" | "meshKeys">
  > = {},
): Promise<TestWorker> {
  const workerMesh = await connect();
  const identity = generateIdentity();
  const runtime = new WorkerRuntime({
    mesh: workerMesh,
    workerId: identity.id,
    signer: identity,
    meshKeys: () => meshSigner.publicKeys,
    slots,
    slotGauge,
    runner,
    describe: async () => undefined,
    drainTimeoutMs: 200,
    ...more,
  });
  const stopping = new AbortController();
  const stopped = runtime.start(stopping.signal);
  runtime.setModels([{ name: MODEL, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 2_048 }]);
  let ended: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    ended ??= (async () => {
      stopping.abort();
      await stopped;
      await workerMesh.close();
    })();
    return ended;
  };
  cleanups.push(stop);
  return { identity, runtime, mesh: workerMesh, stop };
}

export async function startRequester(
  options: Partial<RequesterOptions> = FAST,
  clock: Clock = systemClock,
): Promise<Requester> {
  const requester = new Requester(
    { mesh, reports: mesh, signer: meshSigner, clock },
    new EventPublisher(mesh),
    options,
  );
  const stopping = new AbortController();
  const stopped = requester.start(stopping.signal);
  cleanups.push(async () => {
    stopping.abort();
    await stopped;
  });
  return requester;
}

/** All events of a job that the stream holds. */
export async function eventsOf(jobId: string): Promise<{ completed: CompletedJob[]; failed: FailedJob[] }> {
  const { streams } = await manager(mesh);
  const { state } = await streams.info(STREAMS.events);
  const found = { completed: [] as CompletedJob[], failed: [] as FailedJob[] };
  // An empty stream says that its first message is number 0, which it refuses to look for.
  for (let seq = Math.max(state.first_seq, 1); seq <= state.last_seq; seq++) {
    const stored = await streams.getMessage(STREAMS.events, { seq });
    if (stored === null) continue;
    if (stored.subject === EVENTS.inferenceCompleted)
      found.completed.push(...InferenceCompleted.decode(stored.data).jobs);
    else found.failed.push(...InferenceFailed.decode(stored.data).jobs);
  }
  return {
    completed: found.completed.filter((job) => job.jobId === jobId),
    failed: found.failed.filter((job) => job.jobId === jobId),
  };
}

beforeAll(async () => {
  nats = await startTestNats();
  mesh = await connect();
  await ensureEventsStream(mesh);
  router = new FakeRouter(mesh);
  await router.start();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await router.stop();
  await mesh.close();
  await nats.stop();
});
