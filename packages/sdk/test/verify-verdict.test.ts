import { writeBundle } from "@flock/evidence";
import { syntheticBundle } from "@flock/evidence/testing";
import { verifyVerdict } from "@flockollamas/sdk/verify";

const BUNDLE = syntheticBundle({ verdictId: "v", workerId: "w-aaaaaaaaaaaa" });
const told = { id: "v", kind: "quarantine" };
const evidence = (changes: object = {}) => JSON.stringify({ ...BUNDLE, ...changes });

describe("the evidence of a verdict", () => {
  it("proves the verdict that it leads to, from text and from bytes", async () => {
    const result = await verifyVerdict(evidence(), { told });
    expect(result).toMatchObject({
      verdict: "verified",
      facts: {
        verdictId: "v",
        worker: "w-aaaaaaaaaaaa",
        kind: "quarantine",
        jobs: [{ found: "different" }, {}],
      },
    });
    expect(await verifyVerdict(writeBundle(BUNDLE))).toEqual(result);
  });

  it.each([
    ["leads elsewhere", evidence({ verdict: "release" }), told, /lead to quarantine, not to release/],
    [
      "has a job that comes out otherwise",
      evidence({ jobs: [{ ...BUNDLE.jobs[0], verdict: "same" }] }),
      told,
      /job-0/,
    ],
    ["is another verdict's", evidence(), { ...told, id: "x" }, /of verdict v, not of x/],
    ["is of another kind than is told", evidence(), { ...told, kind: "conviction" }, /tells of a conviction/],
    ["is no evidence", "{}", told, /evidence\.format/],
    ["is no JSON", "nothing", told, /no JSON/],
  ])("refutes it when it %s", async (_what, text, said, why) => {
    const result = await verifyVerdict(text, { told: said });
    expect(result).toMatchObject({ verdict: "refuted", why: expect.stringMatching(why) });
  });
});
