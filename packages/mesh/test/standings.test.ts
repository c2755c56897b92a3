import { createLogger, createMetrics } from "@flock/observability";
import { BUCKETS, encode } from "@flock/proto";
import { Standing, StandingState } from "@flock/proto/verifier";
import { eventually, startTestNats, type TestNats } from "@flock/provision/testing";
import type { KV } from "@nats-io/kv";
import { connectMesh, type Mesh, openBucket, ShutOutView, StandingsView, systemClock } from "../src/index.js";

/* What the verifier thinks of workers, as those see it who give them work. */

let nats: TestNats;
let mesh: Mesh;
let bucket: KV;
const stop = new AbortController();
const following: Promise<void>[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  const logger = createLogger("test", "silent");
  mesh = await connectMesh({ natsUrl: nats.url, name: "test", logger, meter: createMetrics("test").meter });
  bucket = await openBucket(mesh, BUCKETS.standings);
});
afterAll(async () => {
  stop.abort();
  await Promise.all(following);
  await mesh?.close();
  await nats?.stop();
});

function put(workerId: string, state: StandingState, reason = ""): Promise<number> {
  const standing = { version: 1, state, sinceUnixMs: 5, reason, checkedJobs: 7 };
  return bucket.put(workerId, encode(Standing, Standing.fromPartial(standing)));
}

/** A view that has read what is there. */
async function viewOf(): Promise<{ readonly view: StandingsView; readonly told: string[] }> {
  const told: string[] = [];
  const view = new StandingsView(mesh, (workerId) => void told.push(workerId));
  expect(view.notReady()).toBe("standings not read yet");
  following.push(view.start(stop.signal));
  await view.loaded;
  expect(view.notReady()).toBeUndefined();
  return { view, told };
}

describe("the view of standings", () => {
  it("has those that were there, and follows each change of state", async () => {
    await put("Early", StandingState.PROVEN, "its answers were its model's");
    const { view, told } = await viewOf();
    const reason = "its answers were its model's";
    expect(view.find("Early")).toMatchObject({ state: StandingState.PROVEN, reason, checkedJobs: 7 });
    expect([view.find("Nobody"), view.isQuarantined("Nobody"), view.isConvicted("Nobody")]).toEqual([
      undefined,
      false,
      false,
    ]);
    await put("Early", StandingState.PROVEN);
    await put("Early", StandingState.QUARANTINED);
    await eventually("it is quarantined", () => view.isQuarantined("Early"));
    await put("Early", StandingState.CONVICTED);
    await eventually("it is convicted", () => view.isConvicted("Early") && !view.isQuarantined("Early"));
    await bucket.delete("Early");
    await eventually("nothing is thought of it", () => view.find("Early") === undefined);
    expect(told).toEqual(["Early", "Early", "Early", "Early"]);
  });

  it("keeps what it had where an entry cannot be read, and makes nothing of one without an entry before", async () => {
    const { view } = await viewOf();
    await put("Cheat", StandingState.CONVICTED);
    const noise = Buffer.alloc(64, 0xff);
    for (const workerId of ["Cheat", "Honest"]) await bucket.put(workerId, noise);
    await put("Last", StandingState.WATCHED);
    await eventually("all is read", () => view.find("Last") !== undefined);
    expect([view.isConvicted("Cheat"), view.find("Honest")]).toEqual([true, undefined]);
  });

  it("shuts nobody out for a state that it does not know, and cuts reasons that are too long", async () => {
    const { view } = await viewOf();
    // CAST: what a later version writes.
    await put("Later", 77 as StandingState, "x".repeat(1_500));
    await eventually("it is read", () => view.find("Later") !== undefined);
    expect(view.find("Later")?.reason).toHaveLength(500);
    expect([view.isQuarantined("Later"), view.isConvicted("Later")]).toEqual([false, false]);
  });

  it("takes no entry whose key is no worker's id", async () => {
    const { view, told } = await viewOf();
    await put("not.a.worker", StandingState.CONVICTED);
    await put("Behind", StandingState.WATCHED);
    await eventually("what came behind it is read", () => view.find("Behind") !== undefined);
    expect([view.find("not.a.worker"), told.includes("not.a.worker")]).toEqual([undefined, false]);
  });
});

it("a convicted worker is shut out, a quarantined one is not, and both are free as soon as their standing is lifted", async () => {
  const [shutOut, changed]: [string[], string[]] = [[], []];
  const view = new ShutOutView({
    ...{ mesh, clock: systemClock },
    onShutOut: (workerId) => void shutOut.push(workerId),
    onStanding: (workerId) => void changed.push(workerId),
  });
  following.push(view.start(stop.signal));
  await view.loaded;
  await put("A", StandingState.QUARANTINED);
  await put("B", StandingState.CONVICTED);
  await eventually("both are heard of", () => view.isQuarantined("A") && view.isConvicted("B"));
  expect([view.has("A"), view.has("B"), view.isQuarantined("B")]).toEqual([false, true, false]);
  expect([shutOut.includes("A"), shutOut.includes("B")]).toEqual([false, true]);
  for (const workerId of ["A", "B"]) await put(workerId, StandingState.PROBATION);
  await eventually("both are free", () => !view.isQuarantined("A") && !view.has("B"));
  expect(changed.filter((workerId) => ["A", "B"].includes(workerId))).toEqual(["A", "B", "A", "B"]);
});
