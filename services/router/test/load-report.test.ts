import { isDeepStrictEqual } from "node:util";
import { decodeWire, MESSAGE_BYTES_MAX, SUBJECTS } from "@flock/proto";
import { RouterLoad } from "@flock/proto/figures";
import { HardwareClass, WorkerState } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { MeshUnderTest } from "./mesh-under-test.js";

const M = "llama3:latest";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

/** What the router says last; from now on. */
function heard(): () => RouterLoad | undefined {
  let last: RouterLoad | undefined;
  mesh.mesh.nats.subscribe(SUBJECTS.routerLoad, {
    callback: (_error, { data }) => {
      const decoded = decodeWire(RouterLoad, data, MESSAGE_BYTES_MAX.figures);
      if (decoded.ok) last = decoded.message;
    },
  });
  return () => last;
}

describe("the router's load report", () => {
  it("has what runs by hardware, what waits and can be served, and what still runs where nothing new begins", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", hardware: HardwareClass.GPU_24 });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    expect((await mesh.snapshotOf("w"))?.hardware).toBe(HardwareClass.GPU_24);
    const load = heard();
    const tells = (what: string, models: object[]) =>
      eventually(what, () => {
        const said = load();
        return said !== undefined && isDeepStrictEqual(said.models, models) && said.rejectedWhileIdle === 0;
      });
    await tells("nothing runs", []);
    const { job } = await requester.route();
    await requester.route();
    const none = { waiting: 0, running: [], draining: 0, drainingWorkers: 0 };
    const running = [{ hardware: HardwareClass.GPU_24, jobs: 1 }];
    await tells("one runs, one waits", [{ ...none, model: M, waiting: 1, running }]);
    worker.state = WorkerState.PAUSED;
    worker.announce();
    // What waits has nobody to wait for.
    await tells("it drains", [{ ...none, model: M, draining: 1, drainingWorkers: 1 }]);
    await worker.finish(job);
    await tells("nothing runs any more", []);
  });
});
