import { FlockError } from "@flock/errors";
import type { JobResult } from "@flock/jobs";
import { createLogger } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import { WorkerAliases } from "../workers/worker-alias.js";
import type { JobRecord } from "./job-record.js";
import { JobStories } from "./job-stories.js";
import type { JobStory } from "./job-story.js";

const RESULT: JobResult = {
  outcome: "completed",
  doneReason: "stop",
  promptTokens: 3,
  completionTokens: 4,
  completionTokensBound: "exact",
  loadDurationNs: 0,
  promptEvalDurationNs: 0,
  evalDurationNs: 0,
  embeddingsJson: new Uint8Array(),
  leases: 1,
  chargeMicro: 15n,
  workerIds: ["worker"],
  timings: { queueMs: 1, claimMs: 2, prefillMs: 3, decodeMs: 4 },
};

/** A database that does as it is told. */
class FakeStore {
  readonly batches: JobRecord[][] = [];
  readonly sweeps: Date[] = [];
  failure: FlockError | undefined;

  async write(records: readonly JobRecord[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.batches.push([...records]);
  }

  async find(): Promise<JobRecord | undefined> {
    return undefined;
  }

  async list(): Promise<JobRecord[]> {
    return [];
  }

  async sweep(before: Date): Promise<number> {
    this.sweeps.push(before);
    return this.sweeps.length < 3 ? 10_000 : 5;
  }

  get written(): string[] {
    return this.batches.flat().map(({ id, state }) => `${id} ${state}`);
  }
}

describe("the stories of jobs", () => {
  let store: FakeStore;
  let stories: JobStories;
  let stop: AbortController;
  let stopped: Promise<void>;
  const counted = { written: 0, dropped: 0 };

  beforeEach(() => {
    store = new FakeStore();
    stop = new AbortController();
    counted.written = 0;
    counted.dropped = 0;
    stories = new JobStories({
      store,
      aliases: new WorkerAliases(Buffer.alloc(32, 1)),
      logger: createLogger("test", "silent"),
      metrics: {
        jobStories: (result, count) => {
          counted[result] += count;
        },
      },
      clock: { unixMs: () => Date.UTC(2026, 10, 22) },
    });
  });
  afterEach(async () => {
    stop.abort();
    await stopped;
  });

  const start = () => {
    stopped = stories.start(stop.signal);
  };
  const begin = (jobId: string, startedMs = performance.now()): JobStory =>
    stories.begin({
      ...{ jobId, accountId: "alice", keyId: "key", model: "m", traceId: "trace" },
      ...{ startedMs, createdUnixMs: 0, lostUnixMs: 1, isOptedOut: false },
    });
  const end = (story: JobStory): void => {
    story.ended(RESULT);
    story.closed(RESULT, 2);
    stories.closed(story);
  };

  it("are written together, each once, though it ended within the same moment in which it began", async () => {
    for (let job = 0; job < 2_500; job++) end(begin(`job-${job}`));
    start();
    await eventually("all are written", () => counted.written === 2_500);
    expect(store.batches.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
    expect(new Set(store.written).size).toBe(2_500);
  });

  it("are written as running if they last, and again when they have ended", async () => {
    const story = begin("long", performance.now() - 5_000);
    begin("short");
    start();
    await eventually("it is written", () => store.batches.length === 1);
    expect(store.written).toEqual(["long running"]);
    end(story);
    await eventually("it is written again", () => store.batches.length === 2);
    expect(store.written).toEqual(["long running", "long completed"]);
  });

  it("wait while the database is away, and can be asked for where they are", async () => {
    store.failure = new FlockError("unavailable", "the database is away");
    start();
    end(begin("one"));
    await eventually("a sweep has been tried", () => store.sweeps.length > 0);
    expect(await stories.find("alice", "one")).toMatchObject({ id: "one", state: "completed" });
    expect(await stories.find("bob", "one")).toBeUndefined();
    store.failure = undefined;
    await eventually("it is written", () => counted.written === 1);
    expect(await stories.find("alice", "one")).toBeUndefined();
    expect(counted.dropped).toBe(0);
  });

  it("are given up, and not the ones behind them, if the database does not take them", async () => {
    store.failure = new FlockError("internal", "no such column");
    start();
    end(begin("one"));
    await eventually("it is given up", () => counted.dropped === 1);
    store.failure = undefined;
    end(begin("two"));
    await eventually("the next one is written", () => counted.written === 1);
    expect(store.written).toEqual(["two completed"]);
  });

  it("that nobody has room for are given up, and forgotten", async () => {
    for (let job = 0; job < 20_003; job++) end(begin(`job-${job}`));
    expect(counted.dropped).toBe(3);
    expect(await stories.find("alice", "job-20002")).toBeUndefined();
    expect(await stories.find("alice", "job-19999")).toMatchObject({ state: "completed" });
    start();
    await eventually("the others are written", () => counted.written === 20_000);
  });

  it("that have come by then are written at the end", async () => {
    start();
    stop.abort();
    end(begin("last"));
    await stopped;
    expect(store.written).toEqual(["last completed"]);
  });

  it("are swept, until none is left, a day after the longest job's end", async () => {
    start();
    await eventually("all are swept", () => store.sweeps.length === 3);
    expect(store.sweeps[0]).toEqual(new Date(Date.UTC(2026, 10, 20, 22)));
  });
});
