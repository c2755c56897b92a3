import { detections } from "./detection.js";

describe("the detection curve of the page Trust", () => {
  it("comes out as the simulation of the network's own code does (docs/verification.md)", () => {
    const [model, copy, tenth, twentieth] = detections();
    expect(model?.toQuarantine).toEqual({ median: 2, p95: 2 });
    expect(model?.toConviction).toMatchObject({ median: 5 });
    expect(copy?.toQuarantine).toMatchObject({ median: 4 });
    expect(copy?.toConviction.median).toBeGreaterThanOrEqual(9);
    expect(tenth?.toQuarantine.median).toBeGreaterThanOrEqual(7);
    expect(tenth?.toQuarantine.median).toBeLessThanOrEqual(9);
    expect(twentieth?.toConviction.median).toBeNull();
  });

  it("is the same each time, and only ever rises", () => {
    const first = detections();
    expect(detections()).toEqual(first);
    for (const { found } of first) expect(found).toEqual(found.toSorted((one, other) => one - other));
  });
});
