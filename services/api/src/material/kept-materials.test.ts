import { SteppedClock } from "@flock/mesh/testing";
import { JobMaterialReply } from "@flock/proto/verifier";
import { KeptMaterials } from "./kept-materials.js";

const KIB = 1_024;

function materialOf(bytes: number): JobMaterialReply {
  return JobMaterialReply.fromPartial({ version: 1, requestJson: new Uint8Array(bytes) });
}

function keeping(bytesMax: number) {
  const clock = new SteppedClock();
  const told = { bytes: 0, found: 0, missed: 0 };
  const kept = new KeptMaterials({ ttlMs: 1_000, bytesMax }, clock, {
    materialBytes: (more) => {
      told.bytes += more;
    },
    materialAsked: (result) => {
      told[result] += 1;
    },
  });
  return { clock, told, kept };
}

describe("what is kept of jobs", () => {
  it("is told as it was given, and counted", () => {
    const { kept, told } = keeping(100 * KIB);
    kept.keep("job", materialOf(5));
    expect(kept.of("job")).toEqual(materialOf(5));
    expect(kept.of("other")).toBeUndefined();
    expect(told).toMatchObject({ found: 1, missed: 1 });
  });

  it("is gone after its time, from memory as well", () => {
    const { kept, told, clock } = keeping(100 * KIB);
    kept.keep("first", materialOf(KIB));
    clock.step(600);
    kept.keep("second", materialOf(KIB));
    clock.step(400);
    expect([kept.of("first"), kept.of("second")?.version]).toEqual([undefined, 1]);
    const before = told.bytes;
    kept.sweep();
    expect(told.bytes).toBe(before / 2);
    clock.step(600);
    kept.sweep();
    expect(told.bytes).toBe(0);
  });

  it("is never more than its bound: the oldest goes first, and a job that is too long is not kept", () => {
    const { kept, told } = keeping(10 * KIB);
    for (const name of ["a", "b", "c", "a"]) kept.keep(name, materialOf(3 * KIB));
    expect(told.bytes).toBeLessThanOrEqual(10 * KIB);
    expect(["a", "b", "c"].map((name) => kept.of(name) !== undefined)).toEqual([true, false, true]);
    kept.keep("huge", materialOf(11 * KIB));
    expect([kept.of("huge"), kept.of("a")?.version]).toEqual([undefined, 1]);
    const roomy = keeping(10_000 * KIB);
    roomy.kept.keep("job", materialOf(401 * KIB));
    expect(roomy.kept.of("job")).toBeUndefined();
    kept.clear();
    expect(told.bytes).toBe(0);
  });
});
