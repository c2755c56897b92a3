import { FlockError } from "@flock/errors";
import fc from "fast-check";
import { type Bundle, bundleSha256, readBundle, recompute, writeBundle } from "./bundle.js";
import { syntheticBundle } from "./testing.js";

const NAMED = { verdictId: "v", workerId: "w" };

/** The bundle of the first verdict that jobs with these numbers of misses bring about; undefined: of none. */
function bundleOf(missesOfJobs: readonly number[]): Bundle | undefined {
  for (let jobs = 1; jobs <= missesOfJobs.length; jobs++) {
    try {
      return syntheticBundle(NAMED, missesOfJobs.slice(0, jobs));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return undefined;
}

describe("a bundle of evidence", () => {
  it("gives its verdict again to whoever computes it from the bytes", () => {
    const misses = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(misses, (missesOfJobs) => {
        const bundle = bundleOf(missesOfJobs);
        if (bundle === undefined) return;
        const json = writeBundle(bundle);
        const read = readBundle(json);
        expect(recompute(read)).toMatchObject({ agrees: true, verdict: bundle.verdict });
        expect(readBundle(writeBundle(read))).toEqual(read);
        expect(bundleSha256(json)).toHaveLength(32);
      }),
    );
  });

  it("disagrees when a number that decides was changed", () => {
    const bundle = syntheticBundle(NAMED);
    const [first, second] = bundle.jobs;
    if (first === undefined || second === undefined) throw new Error("there are two jobs");
    const changed: readonly Partial<Bundle>[] = [
      { verdict: "conviction" },
      { jobs: [first] },
      { jobs: [first, second, second] },
      { jobs: [first, { ...second, verdict: "same" }] },
      { jobs: [first, { ...second, logEMillinats: 4_605 }] },
      {
        jobs: [
          first,
          { ...second, readings: second.readings.map((reading) => ({ ...reading, claimed: 0 })) },
        ],
      },
      { jobs: [first, { ...second, cell: second.cell && { ...second.cell, misses: 1_900 } }] },
      { start: { ...bundle.start, runs: [{ number: 1, logEMillinats: -9_000 }], scoredJobs: 1 } },
    ];
    for (const change of changed) expect(recompute({ ...bundle, ...change }).agrees).toBe(false);
    expect(recompute(bundle).agrees).toBe(true);
  });

  it("is refused with the place that is wrong when it is none", () => {
    const bundle = syntheticBundle(NAMED);
    const refusal = (json: string): string => {
      try {
        readBundle(new TextEncoder().encode(json));
      } catch (error) {
        return FlockError.from(error).message;
      }
      return "taken";
    };
    expect(refusal("no")).toBe("the evidence is no JSON");
    expect(refusal("{}")).toMatch(/^evidence\.format: /);
    expect(refusal(JSON.stringify({ ...bundle, jobs: [] }))).toMatch(/^evidence\.jobs: /);
    expect(refusal(JSON.stringify({ ...bundle, prompt: "a secret" }))).toMatch(/^evidence\.: /);
    const claims = { kind: "token", offset: 0, choices: [-1], claimed: 1 };
    const jobs = bundle.jobs.map((job) => ({ ...job, readings: [claims] }));
    expect(refusal(JSON.stringify({ ...bundle, jobs }))).toMatch(
      /^evidence\.jobs\.0\.readings\.0: claims a choice/,
    );
  });
});
