import { randomUUID } from "node:crypto";
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
import { EVENTS, STREAMS } from "@flock/proto";
import { type CompletedJob, type FailedJob, InferenceCompleted, InferenceFailed } from "@flock/proto/events";
import { Chunk, Operation } from "@flock/proto/jobs";
import { startTestNats, type TestNats, eventually as waitFor } from "@flock/provision/testing";
import {
  type DeliveredChunk,
  type JobHandle,
  type JobResult,
  type JobRunner,
  type JobSpec,
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
  stop(): Promise<void>;
}

export async function startWorker(
  runner: JobRunner,
  slots = 4,
  slotGauge: WorkerRuntimeOptions["slotGauge"] = {},
  more: Pick<WorkerRuntimeOptions, "payeeId"> = {},
): Promise<TestWorker> {
  const workerMesh = await connect();
  const identity = generateIdentity();
  const runtime = new WorkerRuntime({
    mesh: workerMesh,
    identity,
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
  return { identity, runtime, stop };
}

export async function startRequester(
  options: Partial<RequesterOptions> = FAST,
  clock: Clock = systemClock,
): Promise<Requester> {
  const requester = new Requester({ mesh, reports: mesh, clock }, new EventPublisher(mesh), options);
  const stopping = new AbortController();
  const stopped = requester.start(stopping.signal);
  cleanups.push(async () => {
    stopping.abort();
    await stopped;
  });
  return requester;
}

export function spec(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    jobId: randomUUID(),
    accountId: "alice",
    keyId: "key-of-alice",
    tier: 0,
    operation: Operation.GENERATE,
    model: MODEL,
    modelDigest: DIGEST,
    promptPriceMicro: 1n,
    completionPriceMicro: 3n,
    promptBytes: 10,
    completionTokensMax: 1_000,
    deadlineUnixMs: Date.now() + 30_000,
    requestJson: new TextEncoder().encode('{"prompt":"hi"}'),
    resume: "continue",
    coalesce: false,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    payer: { kind: "client", hold: async () => ({ completionTokensMax: 1_000 }) },
    ...changes,
  };
}

export interface Running {
  readonly handle: JobHandle;
  readonly chunks: DeliveredChunk[];
  readonly ended: Promise<JobResult>;
  text(): string;
}

export function submit(requester: Requester, jobSpec: JobSpec): Running {
  const chunks: DeliveredChunk[] = [];
  let resolveEnd: (result: JobResult) => void = () => {};
  const ended = new Promise<JobResult>((resolve) => {
    resolveEnd = resolve;
  });
  const handle = requester.submit(jobSpec, {
    onChunk: (chunk) => void chunks.push(chunk),
    onEnd: (result) => resolveEnd(result),
  });
  return { handle, chunks, ended, text: () => chunks.map((chunk) => chunk.text).join("") };
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
