import { createLogger, createMetrics } from "@flock/observability";
import { BUCKETS, encode, modelToken, PROTOCOL_VERSION } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { WorkerSnapshot, WorkerState } from "@flock/proto/workers";
import { eventually, startTestNats, type TestNats } from "@flock/provision/testing";
import { CatalogueView, connectMesh, type Mesh, openBucket } from "../src/index.js";

const MODEL = "llama3:latest";

describe("the catalogue view", () => {
  let nats: TestNats;
  let mesh: Mesh;
  let view: CatalogueView;
  let following: Promise<void>;
  const stop = new AbortController();

  beforeAll(async () => {
    nats = await startTestNats();
    const logger = createLogger("test", "silent");
    mesh = await connectMesh({ natsUrl: nats.url, name: "test", logger, meter: createMetrics("test").meter });
    view = new CatalogueView(mesh);
    following = view.start(stop.signal);
  });
  afterAll(async () => {
    stop.abort();
    await following;
    await mesh?.close();
    await nats?.stop();
  });

  const enter = async (name: string) => {
    const entry = CatalogueEntry.fromPartial({ version: PROTOCOL_VERSION, name });
    await (await openBucket(mesh, BUCKETS.models)).put(modelToken(name), encode(CatalogueEntry, entry));
  };
  const announce = async (workerId: string, state: WorkerState, loaded = true) => {
    const snapshot = WorkerSnapshot.fromPartial({
      version: PROTOCOL_VERSION,
      workerId,
      state,
      slots: 2,
      models: [{ name: MODEL, loaded }],
      expiresUnixMs: Date.now() + 60_000,
    });
    await (await openBucket(mesh, BUCKETS.workers)).put(workerId, encode(WorkerSnapshot, snapshot));
    await eventually("the view knows", () =>
      view.liveWorkers().some((worker) => worker.workerId === workerId && worker.state === state),
    );
  };
  const numbers = () =>
    view.offered().map(({ workers, ready, slots, loaded }) => ({ workers, ready, slots, loaded }));

  it("finds a model by any of its names, and lists what workers have", async () => {
    await enter(MODEL);
    await enter("unused:latest");
    await announce("a", WorkerState.READY);
    await announce("b", WorkerState.READY, false);
    await eventually("both models are there", () => view.find("unused") !== undefined);
    for (const name of ["llama3", "LLAMA3:Latest", " library/llama3", `registry.ollama.ai/library/${MODEL}`])
      expect(view.find(name)?.name).toBe(MODEL);
    expect(view.find("somebody/llama3")).toBeUndefined();
    expect(view.available().map(({ entry }) => entry.name)).toEqual([MODEL]);
    expect(numbers()).toEqual([{ workers: 2, ready: 2, slots: 4, loaded: 1 }]);
  });

  it.each([WorkerState.PAUSED, WorkerState.DRAINING])(
    "counts a worker in state %i among those that have the model, and not among those that can be used",
    async (state) => {
      await announce("a", state);
      expect(numbers()).toEqual([{ workers: 2, ready: 1, slots: 2, loaded: 0 }]);
      expect(view.available()).toHaveLength(1);
      await announce("b", state);
      expect(numbers()).toEqual([{ workers: 2, ready: 0, slots: 0, loaded: 0 }]);
      expect(view.available()).toEqual([]);
      await announce("a", WorkerState.READY);
      await announce("b", WorkerState.READY, false);
      expect(view.available()).toHaveLength(1);
    },
  );

  it("leaves out an entry under a name that nobody can ask for", async () => {
    await enter("Upper:Latest");
    await enter("after:latest");
    await eventually("what came after it is there", () => view.find("after") !== undefined);
    expect(view.find("Upper:Latest")).toBeUndefined();
    expect(view.available().map(({ entry }) => entry.name)).toEqual([MODEL]);
  });
});
