import { modelUnserved } from "./admission.js";
import { RefusedJobs } from "./refused-jobs.js";

describe("RefusedJobs", () => {
  it("remembers a refusal until its requester has surely asked, and not for ever", () => {
    const refused = new RefusedJobs();
    refused.add("a", modelUnserved("m", 1), 0);
    refused.add("b", modelUnserved("m", 1), 9_000);
    expect(refused.find("a")).toMatchObject({ code: "unavailable" });
    refused.add("c", modelUnserved("m", 1), 10_001);
    expect([refused.find("a"), refused.find("b") !== undefined]).toEqual([undefined, true]);
  });
});
