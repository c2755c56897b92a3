import { type Mesh, openBucket, ShutOutView, systemClock } from "@flock/mesh";
import { createMetrics } from "@flock/observability";
import { BUCKETS } from "@flock/proto";
import { Offence } from "@flock/proto/workers";
import { eventually, startTestNats, type TestNats } from "@flock/provision/testing";
import { routerMetrics } from "../src/metrics.js";
import { OffenceRecords } from "../src/offence-records.js";
import { connectForTest } from "./router-under-test.js";

const LIMITS = { offencesMax: 50, windowMs: 600_000, cutOffMinMs: 600_000, cutOffMaxMs: 600_000 };

let nats: TestNats;
let mesh: Mesh;
let shutOut: ShutOutView;
let routers: OffenceRecords[];
const stopping = new AbortController();
const parts: Promise<void>[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  mesh = await connectForTest(nats.url, "router");
  const metrics = routerMetrics(createMetrics("router").meter);
  shutOut = new ShutOutView({ mesh, clock: systemClock });
  const options = { mesh, shutOut, limits: LIMITS, clock: systemClock, metrics };
  routers = [new OffenceRecords(options), new OffenceRecords(options)];
  for (const part of [shutOut, ...routers]) parts.push(part.start(stopping.signal));
  await shutOut.loaded;
});

afterAll(async () => {
  stopping.abort();
  await Promise.all(parts);
  await mesh.close();
  await nats.stop();
});

function countOf(workerId: string): number {
  return (shutOut.records.get(workerId)?.counts ?? []).reduce((sum, { count }) => sum + count, 0);
}

describe("records of offences", () => {
  it("hold what each of several routers was told, also at the same moment", async () => {
    for (let round = 1; round <= 5; round++) {
      for (const router of routers) router.add("both", Offence.MALFORMED, 4);
      await eventually("all of it to be written", () => countOf("both") === 8 * round);
    }
    expect(shutOut.has("both")).toBe(false);
  });

  it("cost nothing more once their worker is cut off, however long it goes on", async () => {
    routers[0]?.add("flooder", Offence.FLOOD, LIMITS.offencesMax);
    await eventually("it to be cut off", () => shutOut.has("flooder"));
    const bucket = await openBucket(mesh, BUCKETS.offences);
    const revision = (await bucket.get("flooder"))?.revision;
    for (const router of routers) router.add("flooder", Offence.MALFORMED, 1_000);
    routers[0]?.add("another", Offence.MALFORMED);
    routers[1]?.add("another", Offence.MALFORMED);
    await eventually("what came later to be written", () => countOf("another") === 2);
    expect((await bucket.get("flooder"))?.revision).toBe(revision);
  });

  it("are of kinds that are known, and of ids that workers can have", async () => {
    routers[0]?.add("a.b", Offence.FLOOD);
    // CAST: what a newer requester may tell of.
    routers[0]?.add("unknown kind", 999 as Offence);
    routers[0]?.add("nothing", Offence.FLOOD, 0);
    routers[0]?.add("last", Offence.FLOOD);
    await eventually("what came later to be written", () => countOf("last") === 1);
    expect([...shutOut.records.keys()].sort()).toEqual(["another", "both", "flooder", "last"]);
  });
});
