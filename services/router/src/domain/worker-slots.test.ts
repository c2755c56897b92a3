import fc from "fast-check";
import { WorkerSlots } from "./worker-slots.js";

const FACTS = { model: "m:latest" };

describe("WorkerSlots", () => {
  it("counts leases and reservations", () => {
    const slots = new WorkerSlots();
    slots.reserve("a", 0);
    slots.grant("b", 1, FACTS, 0);
    expect([slots.taken, slots.leases]).toEqual([2, 1]);
    slots.release("a");
    expect(slots.end("b", 1, 0)).toEqual(expect.objectContaining(FACTS));
    expect(slots.taken).toBe(0);
  });

  it("believes a young lease that the heartbeat does not list yet, and drops an old one", () => {
    const slots = new WorkerSlots();
    slots.grant("a", 1, FACTS, 0);
    slots.reconcile([], 1_000);
    expect(slots.leases).toBe(1);
    slots.reconcile([], 1_001);
    expect(slots.leases).toBe(0);
  });

  it("learns of leases that nobody reported", () => {
    const slots = new WorkerSlots();
    slots.reconcile([{ jobId: "a", lease: 2 }], 0);
    expect(slots.leases).toBe(1);
  });

  it("does not take back a lease from a heartbeat that was sent before its end", () => {
    const slots = new WorkerSlots();
    slots.grant("a", 1, FACTS, 0);
    slots.end("a", 1, 500);
    slots.reconcile([{ jobId: "a", lease: 1 }], 600);
    slots.grant("a", 1, FACTS, 600);
    expect(slots.leases).toBe(0);
  });

  it("names the reservations that have become stale", () => {
    const slots = new WorkerSlots();
    slots.reserve("old", 0);
    slots.reserve("new", 900);
    expect(slots.staleReservations(1_000, 1_500)).toEqual(["old"]);
  });

  it("agrees with the worker two seconds after the last message, whatever came in whatever order", () => {
    const jobId = fc.constantFrom("a", "b", "c", "d");
    const lease = fc.integer({ min: 1, max: 3 });
    const event = fc.record({ kind: fc.constantFrom("grant", "end"), jobId, lease, afterMs: fc.nat(800) });
    const active = fc.uniqueArray(fc.record({ jobId, lease }), {
      selector: (one) => `${one.jobId}/${one.lease}`,
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), active, (events, reallyActive) => {
        const slots = new WorkerSlots();
        let nowMs = 0;
        for (const { kind, jobId: job, lease: number, afterMs } of events) {
          nowMs += afterMs;
          if (kind === "grant") slots.grant(job, number, FACTS, nowMs);
          else slots.end(job, number, nowMs);
        }
        slots.reconcile(reallyActive, nowMs + 2_001);
        expect(slots.leases).toBe(reallyActive.length);
      }),
    );
  });
});
