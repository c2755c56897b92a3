import { eventually } from "@flock/provision/testing";
import { MeshUnderTest } from "./mesh-under-test.js";

/* Workers that a bridge speaks for, beside ordinary ones. */

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

describe("a bridged worker", () => {
  it("is given a job when no ordinary worker is free, and none before", async () => {
    await mesh.router();
    const ordinary = await mesh.worker({ workerId: "ordinary" });
    await mesh.admitted(ordinary);
    const bridged = await mesh.worker({ workerId: "bridged", isBridged: true });
    await mesh.admitted(bridged);
    const requester = await mesh.requester({ requesterId: "r" });
    for (let round = 0; round < 5; round++) {
      const { job } = await requester.route();
      await ordinary.finish(job);
      expect(job.workerId).toBe("ordinary");
      await eventually("it ends", () => job.state === "ended");
    }
    expect(bridged.tickets).toEqual([]);
    const { job: first } = await requester.route();
    await eventually("the ordinary worker is busy", () => first.state === "leased");
    const { job: second } = await requester.route();
    await eventually("the bridged one has the next", () => second.state === "leased");
    expect([first.workerId, second.workerId]).toEqual(["ordinary", "bridged"]);
    expect(bridged.tickets[0]?.isForBridged).toBe(true);
    await eventually("both tickets are acknowledged", async () => (await mesh.ticketsInStream()) === 0);
  });

  it("gets no model into the catalogue", async () => {
    await mesh.router();
    const bridged = await mesh.worker({ workerId: "bridged", isBridged: true, models: ["foreign:latest"] });
    await eventually("the router knows it", () => mesh.snapshotOf("bridged"));
    const requester = await mesh.requester({ requesterId: "r" });
    const { job } = await requester.route({ model: "foreign" });
    await eventually("the job is refused", () => job.state === "ended");
    expect(job.refusal).toMatchObject({ code: "not_found" });
    expect(bridged.controls).toEqual([]);
  });

  it("that does not take its ticket keeps no job from an ordinary worker", async () => {
    await mesh.router({ ROUTER_RESERVATION_MAX_MS: "200" });
    const ordinary = await mesh.worker({ workerId: "ordinary" });
    await mesh.admitted(ordinary);
    const bridged = await mesh.worker({ workerId: "bridged", isBridged: true, pulls: false });
    await mesh.admitted(bridged);
    const requester = await mesh.requester({ requesterId: "r" });
    const { job: first } = await requester.route();
    await eventually("the ordinary worker is busy", () => first.state === "leased");
    const { job: second } = await requester.route();
    expect(second.state).toBe("waiting");
    await ordinary.finish(first);
    await eventually("the ordinary worker has it", () => second.state === "leased");
    expect(second.workerId).toBe("ordinary");
  });

  it("takes the ticket of an ordinary worker that has gone", async () => {
    await mesh.router({ ROUTER_RESERVATION_MAX_MS: "200" });
    const ordinary = await mesh.worker({ workerId: "ordinary", pulls: false });
    await mesh.admitted(ordinary);
    const bridged = await mesh.worker({ workerId: "bridged", isBridged: true });
    await mesh.admitted(bridged);
    const requester = await mesh.requester({ requesterId: "r" });
    const { job } = await requester.route();
    await ordinary.leave();
    await eventually("the bridged worker has it", () => job.state === "leased");
    expect(job.workerId).toBe("bridged");
  });
});
