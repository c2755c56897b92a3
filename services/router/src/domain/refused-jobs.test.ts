import { SteppedClock } from "@flock/mesh/testing";
import { modelUnserved } from "./admission.js";
import { refusedJobs } from "./refused-jobs.js";

describe("RefusedJobs", () => {
  it("remembers a refusal until its requester has surely asked, and not for ever", () => {
    const clock = new SteppedClock();
    const refused = refusedJobs(clock);
    refused.set("a", modelUnserved("m", 1));
    clock.step(9_000);
    refused.set("b", modelUnserved("m", 1));
    expect(refused.get("a")).toMatchObject({ code: "unavailable" });
    clock.step(1_001);
    expect([refused.get("a"), refused.get("b") !== undefined]).toEqual([undefined, true]);
  });
});
