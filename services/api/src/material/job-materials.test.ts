import { SteppedClock } from "@flock/mesh/testing";
import type { JobSubmitter } from "../inference/inference.js";
import { JobMaterials } from "./job-materials.js";
import { KeptMaterials } from "./kept-materials.js";

describe("an api that keeps nothing of its jobs", () => {
  it("has them go their way without a look at them", () => {
    const metrics = { materialBytes: () => {}, materialAsked: () => {} };
    const materialsOf = (bytesMax: number) =>
      new JobMaterials(new KeptMaterials({ ttlMs: 1_000, bytesMax }, new SteppedClock(), metrics));
    const requester: JobSubmitter = {
      submit: () => {
        throw new RangeError("nothing is submitted");
      },
    };
    expect(materialsOf(0).over(requester)).toBe(requester);
    expect(materialsOf(1).over(requester)).not.toBe(requester);
  });
});
