import { ServiceTimes } from "./service-times.js";

describe("ServiceTimes", () => {
  it("estimates 4 ahead, 2 slots, 3 s a job as 7.5 s", () => {
    const times = new ServiceTimes();
    times.record("m", 3_000);
    expect(times.etaMs("m", 4, 2)).toBe(7_500);
  });

  it("moves towards new durations: 1 s, then 2 s, makes 1.2 s", () => {
    const times = new ServiceTimes();
    times.record("m", 1_000);
    times.record("m", 2_000);
    expect(times.etaMs("m", 0, 1)).toBe(1_200);
  });

  it("assumes something for a model that nothing is known of, and survives having no slot", () => {
    expect(new ServiceTimes().etaMs("m", 0, 0)).toBe(1_000);
  });
});
