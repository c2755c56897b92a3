import { randomUUID } from "node:crypto";
import { eventually, RecordedOllama, type Recording, recordings } from "@flock/harness";
import {
  type GrantedJob,
  type JobResult,
  type JobRunner,
  type JobSpec,
  type Piece,
  Requester,
  type RunResult,
  WorkerRuntime,
} from "@flock/jobs";
import { generateIdentity } from "@flock/keys";
import { connectMesh, EventPublisher, ensureEventsStream, type Mesh } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { meshSigner } from "@flock/ports";
import { EVENTS } from "@flock/proto";
import { type CompletedJob, InferenceCompleted } from "@flock/proto/events";
import { Operation } from "@flock/proto/jobs";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { DIGEST, FakeRouter, MODEL } from "../../jobs/test/fake-router.js";
import { OllamaRunner } from "../src/ollama-runner.js";

/*
 * Answers of a real Ollama, through the whole job protocol, with and without workers that are lost in the middle: the
 * client gets the same text, the same counts, and pays the same.
 */

/** More than a job here loses. */
const WORKERS = 4;

/** The engine's side of workers that are lost after so many pieces of a job's first leases, one number for each. */
class MortalRunner implements JobRunner {
  #runner: JobRunner | undefined;
  #dies: number[] = [];

  prepare(runner: JobRunner, dies: readonly number[]): void {
    this.#runner = runner;
    this.#dies = [...dies];
  }

  async run(job: GrantedJob, emit: (piece: Piece) => void, signal: AbortSignal): Promise<RunResult> {
    if (this.#runner === undefined) throw new Error("nothing is prepared");
    const lives = this.#dies.shift();
    if (lives === undefined) return this.#runner.run(job, emit, signal);
    const death = new AbortController();
    let pieces = 0;
    const counting = (piece: Piece): void => {
      if (pieces === lives) death.abort();
      if (pieces++ < lives) emit(piece);
    };
    const result = await this.#runner
      .run(job, counting, AbortSignal.any([signal, death.signal]))
      .catch(() => {});
    if (result !== undefined && pieces < lives) return result;
    throw new Error("the worker is lost");
  }
}

interface Outcome {
  readonly text: string;
  readonly result: JobResult;
  readonly charged: Pick<CompletedJob, "promptTokens" | "completionTokens">;
}

let nats: TestNats;

function connect(name: string): Promise<Mesh> {
  const meter = createMetrics(name).meter;
  return connectMesh({ natsUrl: nats.url, name, logger: createLogger(name, "silent"), meter });
}

let mesh: Mesh;
let router: FakeRouter;
let requester: Requester;
const completed: CompletedJob[] = [];
const stop = new AbortController();
const runner = new MortalRunner();
const ending: Promise<void>[] = [];
const workerMeshes: Mesh[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  mesh = await connect("requester");
  await ensureEventsStream(mesh);
  mesh.nats.subscribe(EVENTS.inferenceCompleted, {
    callback: (_error, msg) => void completed.push(...InferenceCompleted.decode(msg.data).jobs),
  });
  router = new FakeRouter(mesh);
  await router.start();
  requester = new Requester({ mesh, reports: mesh, signer: meshSigner }, new EventPublisher(mesh), {
    exclusionMs: 300,
  });
  ending.push(requester.start(stop.signal));
  for (let index = 0; index < WORKERS; index++) {
    const workerMesh = await connect("worker");
    workerMeshes.push(workerMesh);
    const identity = generateIdentity();
    const worker = new WorkerRuntime({
      ...{ mesh: workerMesh, workerId: identity.id, signer: identity, slots: 1, runner, drainTimeoutMs: 200 },
      meshKeys: () => meshSigner.publicKeys,
      describe: async () => undefined,
    });
    ending.push(worker.start(stop.signal));
    worker.setModels([{ name: MODEL, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 4_096 }]);
  }
});

afterAll(async () => {
  stop.abort();
  await Promise.all(ending);
  await Promise.all(workerMeshes.map((one) => one.close()));
  await router.stop();
  await mesh.close();
  await nats.stop();
});

async function answer(
  recording: Recording,
  dies: readonly number[],
  {
    coalesce = false,
    stops = [],
    limit = 1_000,
  }: { coalesce?: boolean; stops?: string[]; limit?: number } = {},
): Promise<Outcome> {
  const ollama = await RecordedOllama.start(recording);
  const profile = { contextLength: 4_096, stopWords: [], canThink: false, resumesFormat: false };
  runner.prepare(new OllamaRunner(ollama.url, () => profile), dies);
  try {
    const options = { num_predict: limit, seed: 1, stop: stops };
    const isCall = recording.toolCall !== undefined;
    const asked = isCall ? { messages: [], tools: [{}] } : { prompt: "x" };
    const { text, result } = await run(
      spec({
        requestJson: Buffer.from(JSON.stringify({ ...asked, options })),
        operation: isCall ? Operation.CHAT : Operation.GENERATE,
        resume: "continue",
        mayBeQuiet: isCall,
        coalesce,
      }),
    );
    return { text, result, charged: await chargeOf(result) };
  } finally {
    await ollama.stop();
  }
}

/** What the client is given of a tool call: the ids are random. */
const callsIn = (json: string): string => json.replace(/call_[0-9a-f]+/g, "call");

let lastJobId = "";

function run(jobSpec: JobSpec): Promise<{ text: string; result: JobResult }> {
  lastJobId = jobSpec.jobId;
  let text = "";
  return new Promise((resolve) => {
    requester.submit(jobSpec, {
      onChunk: (chunk) => {
        text += chunk.text + callsIn(Buffer.from(chunk.toolCallsJson).toString());
      },
      onEnd: (result) => resolve({ text, result }),
    });
  });
}

async function chargeOf(result: JobResult): Promise<Outcome["charged"]> {
  expect(result.error).toBeUndefined();
  const { promptTokens, completionTokens } = await eventually("the ledger is told", () =>
    completed.find(({ jobId }) => jobId === lastJobId),
  );
  return { promptTokens, completionTokens };
}

function spec(changes: Partial<JobSpec>): JobSpec {
  return {
    ...{ jobId: randomUUID(), accountId: "alice", tier: 0, operation: Operation.GENERATE, model: MODEL },
    ...{ modelDigest: DIGEST, promptPriceMicro: 1n, completionPriceMicro: 3n, promptBytes: 10_000 },
    ...{ completionTokensMax: 1_000, deadlineUnixMs: Date.now() + 15_000, resume: "continue" },
    ...{ requestJson: Buffer.from("{}"), coalesce: false, traceparent: "" },
    payer: { kind: "client", hold: async () => ({ completionTokensMax: 1_000 }) },
    ...changes,
  };
}

const cases: [string, Recording, { stops?: string[]; limit?: number }][] = [
  ["plain text, cut at its limit", recordings.PLAIN, { limit: 12 }],
  ["emoji of several tokens each, cut in the middle of one", recordings.EMOJI, { limit: 14 }],
  ["emoji of several tokens each, cut behind a whole one", recordings.EMOJI, { limit: 9 }],
  ["text held back for a stop word", recordings.STOP_WORD, { stops: ["eight"] }],
  ["blanks in the middle and at the end", recordings.BLANKS, {}],
  ["blanks, cut at a blank", recordings.BLANKS, { limit: 9 }],
  ["a tool call, of which nothing is told before it is whole", recordings.TOOL_CALL, {}],
  ["an answer that repeats itself, which Ollama ends without a last line", recordings.REPETITIVE, {}],
];

describe.each(cases)("a recorded answer: %s", (_what, recording, options) => {
  let undisturbed: Outcome;
  beforeAll(async () => {
    undisturbed = await answer(recording, [], options);
  });

  it("has the counts of the engine", () => {
    expect(undisturbed.text).not.toBe("");
    expect(undisturbed.charged.promptTokens).toBe(recording.promptTokens);
    expect(undisturbed.result).toMatchObject({
      ...undisturbed.charged,
      leases: 1,
      completionTokensBound: "exact",
    });
  });

  it("has the same text, counts and charge when its worker is lost at any line", async () => {
    for (let lines = 0; lines < 40; lines++) {
      const disturbed = await answer(recording, [lines], options);
      expect([lines, disturbed.text]).toEqual([lines, undisturbed.text]);
      expect([lines, disturbed.charged]).toEqual([lines, undisturbed.charged]);
      expect(disturbed.result).toMatchObject({
        ...undisturbed.charged,
        doneReason: undisturbed.result.doneReason,
        completionTokensBound: "exact",
      });
      if (disturbed.result.leases === 1) break;
    }
  }, 60_000);

  it("has the same text, counts and charge when each of three workers is lost after two more lines", async () => {
    const disturbed = await answer(recording, [2, 2, 2], options);
    expect(disturbed.text).toBe(undisturbed.text);
    expect(disturbed.charged).toEqual(undisturbed.charged);
  });

  it("has the same text, counts and charge when its client does not read along", async () => {
    const disturbed = await answer(recording, [3], { ...options, coalesce: true });
    expect(disturbed.text).toBe(undisturbed.text);
    expect(disturbed.charged).toEqual(undisturbed.charged);
  });
});
