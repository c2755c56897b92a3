import { formatCount } from "./description.js";
import { withTag } from "./loaded-model.js";

describe("formatCount", () => {
  it.each([
    [999, "999"],
    [3_967_744, "3.97M"],
    [13_000_000, "13.0M"],
    [361_821_120, "362M"],
    [8_030_261_248, "8.03B"],
    [70_553_706_496, "70.6B"],
  ])("writes %d as %s", (count, text) => {
    expect(formatCount(count)).toBe(text);
  });
});

describe("withTag", () => {
  it.each([
    ["flock-tiny", "flock-tiny:latest"],
    ["flock-tiny:1b", "flock-tiny:1b"],
    ["registry:5000/space/name", "registry:5000/space/name:latest"],
  ])("completes %s to %s", (name, full) => {
    expect(withTag(name)).toBe(full);
  });
});
