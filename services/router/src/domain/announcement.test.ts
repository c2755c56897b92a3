import { Heartbeat, WorkerState } from "@flock/proto/workers";
import fc from "fast-check";
import { readHeartbeat } from "./announcement.js";

const BOUNDS = { slotsMax: 4, modelsMax: 2 };
const DIGEST = "a".repeat(64);

function heartbeat(changes: Partial<Heartbeat> = {}): Heartbeat {
  return Heartbeat.fromPartial({ workerId: "w", state: WorkerState.READY, slots: 2, ...changes });
}

describe("readHeartbeat", () => {
  it("makes the tag of a model explicit", () => {
    const read = readHeartbeat(
      heartbeat({
        models: [{ name: "llama3", digest: DIGEST, sizeBytes: 1, loaded: false, contextLength: 2_048 }],
      }),
      "w",
      BOUNDS,
    );
    expect(read).toMatchObject({ models: new Map([["llama3:latest", expect.anything()]]) });
  });

  it.each([
    ["another worker's subject", heartbeat({ workerId: "v" }), "w", "wrong_worker"],
    ["an id that is no subject token", heartbeat({ workerId: "a.b" }), "a.b", "wrong_worker"],
    ["a state that does not exist", heartbeat({ state: 77 as WorkerState }), "w", "bad_state"],
    ["no state", heartbeat({ state: WorkerState.UNSPECIFIED }), "w", "bad_state"],
  ])("refuses %s", (_, message, subjectId, reason) => {
    expect(readHeartbeat(message, subjectId, BOUNDS)).toBe(reason);
  });

  it("leaves out names, digests and ids that are none", () => {
    const model = { name: "m", digest: DIGEST, sizeBytes: 1, loaded: false, contextLength: 2_048 };
    const read = readHeartbeat(
      heartbeat({
        models: [{ ...model, name: "../x" }, { ...model, digest: "short" }, model],
        active: [
          { jobId: "bad id", lease: 1 },
          { jobId: "good", lease: 1 },
        ],
      }),
      "w",
      BOUNDS,
    );
    expect(read).toMatchObject({
      active: [{ jobId: "good", lease: 1 }],
      models: new Map([["m:latest", { ...model, name: "m:latest" }]]),
    });
  });

  it("takes no more than its bounds, whatever is announced", () => {
    const models = fc.array(
      fc.record({
        name: fc.stringMatching(/^[a-z]{1,8}$/),
        digest: fc.constant(DIGEST),
        sizeBytes: fc.nat(),
        loaded: fc.boolean(),
        contextLength: fc.nat(),
      }),
      { maxLength: 50 },
    );
    const active = fc.array(fc.record({ jobId: fc.stringMatching(/^[a-z]{1,8}$/), lease: fc.nat() }), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(models, active, fc.nat(), (theModels, theActive, slots) => {
        const read = readHeartbeat(heartbeat({ models: theModels, active: theActive, slots }), "w", BOUNDS);
        if (typeof read === "string") throw new Error(read);
        expect(read.models.size).toBeLessThanOrEqual(2);
        expect(read.active.length).toBeLessThanOrEqual(8);
        expect(read.slotCount).toBeLessThanOrEqual(4);
      }),
    );
  });
});
