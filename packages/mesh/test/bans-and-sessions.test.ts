import { createLogger, createMetrics } from "@flock/observability";
import { BUCKETS, encode } from "@flock/proto";
import { OffenceRecord } from "@flock/proto/workers";
import { eventually, startTestNats, type TestNats } from "@flock/provision/testing";
import {
  BansView,
  banWorker,
  connectMesh,
  forgiveOffences,
  liftBan,
  type Mesh,
  openBucket,
  rememberWorkerSession,
  ShutOutView,
  workerSessions,
} from "../src/index.js";

/* Who is let in no more, and what workers were let in with. */

let nats: TestNats;
let mesh: Mesh;

beforeAll(async () => {
  nats = await startTestNats();
  const logger = createLogger("test", "silent");
  mesh = await connectMesh({ natsUrl: nats.url, name: "test", logger, meter: createMetrics("test").meter });
});
afterAll(async () => {
  await mesh?.close();
  await nats?.stop();
});

describe("the view of bans", () => {
  let view: BansView;
  let following: Promise<void>;
  const stop = new AbortController();

  beforeAll(async () => {
    await banWorker(mesh, "Early", { reason: "was there before", unixMs: 5 });
    view = new BansView(mesh);
    expect(view.notReady()).toBe("bans not read yet");
    following = view.start(stop.signal);
    await eventually("it is read", () => view.notReady() === undefined);
  });
  afterAll(async () => {
    stop.abort();
    await following;
  });

  it("has the bans that were there, and follows those that are made and taken back", async () => {
    expect(view.find("Early")).toEqual({ version: 1, sinceUnixMs: 5, reason: "was there before" });
    await banWorker(mesh, "WorkerA", { reason: "forged a receipt", unixMs: 6 });
    await eventually("it is heard of", () => view.find("WorkerA")?.reason === "forged a receipt");
    await liftBan(mesh, "WorkerA");
    await eventually("it is over", () => view.find("WorkerA") === undefined);
    expect(view.find("Early")).toBeDefined();
  });

  it("reads from the bucket what it may not have heard of yet", async () => {
    const fresh = new BansView(mesh);
    await banWorker(mesh, "Unheard", { reason: "x".repeat(10_000), unixMs: 7 });
    expect(fresh.find("Unheard")).toBeUndefined();
    expect((await fresh.read("Unheard"))?.reason).toBe("x".repeat(500));
    await liftBan(mesh, "Unheard");
    await liftBan(mesh, "Unheard");
    expect(await fresh.read("Unheard")).toBeUndefined();
    expect(await fresh.read("Never")).toBeUndefined();
  });

  it("takes an entry that cannot be read for a ban", async () => {
    await (await openBucket(mesh, BUCKETS.bans)).put("Garbled", Buffer.alloc(64, 0xff));
    await eventually("it is heard of", () => view.find("Garbled") !== undefined);
    expect((await view.read("Garbled"))?.reason).toBe("");
  });
});

describe("the view of who is shut out", () => {
  it("has banned workers, and those that are cut off until their time is over or they are forgiven", async () => {
    const told: string[] = [];
    let unixMs = 1_000;
    const onShutOut = (workerId: string): void => void told.push(workerId);
    const view = new ShutOutView({ mesh, clock: { unixMs: () => unixMs }, onShutOut });
    const stop = new AbortController();
    const following = view.start(stop.signal);
    await view.loaded;
    const bucket = await openBucket(mesh, BUCKETS.offences);
    const record = OffenceRecord.fromPartial({ version: 1, cutOffUntilUnixMs: 5_000, timesCutOff: 1 });
    for (const id of ["CutOff", "Forgiven"]) await bucket.put(id, encode(OffenceRecord, record));
    await bucket.put("Caught", encode(OffenceRecord, { ...record, cutOffUntilUnixMs: 0 }));
    await banWorker(mesh, "Banned", { reason: "", unixMs });
    await eventually("all to be heard of", () => told.includes("Banned") && view.records.has("Caught"));
    const shutOut = () => ["CutOff", "Forgiven", "Caught", "Banned", "Other"].filter((id) => view.has(id));
    expect(shutOut()).toEqual(["CutOff", "Forgiven", "Banned"]);
    expect(told).toEqual(expect.arrayContaining(["CutOff", "Forgiven", "Banned"]));
    expect([view.cutOffForMs("CutOff"), view.isBanned("CutOff")]).toEqual([4_000, false]);
    await forgiveOffences(mesh, "Forgiven");
    await eventually("it to be forgiven", () => !view.has("Forgiven"));
    unixMs = 5_000;
    expect(shutOut()).toEqual(["Banned"]);
    stop.abort();
    await following;
  });
});

describe("the sessions of workers", () => {
  it("are found by their worker, each once, and by no other", async () => {
    expect(await workerSessions(mesh, "WorkerA")).toEqual([]);
    for (const session of ["UONE", "UTWO", "UONE"]) await rememberWorkerSession(mesh, "WorkerA", session);
    await rememberWorkerSession(mesh, "WorkerAB", "UTHREE");
    expect((await workerSessions(mesh, "WorkerA")).sort()).toEqual(["UONE", "UTWO"]);
    expect(await workerSessions(mesh, "Worker")).toEqual([]);
    expect(await workerSessions(mesh, "workerA")).toEqual([]);
  });
});
