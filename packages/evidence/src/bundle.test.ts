import { FlockError } from "@flock/errors";
import fc from "fast-check";
import { type Bundle, bundleSha256, readBundle, recompute, writeBundle } from "./bundle.js";
import { jobEvidence } from "./job-evidence.js";
import { advance, LADDER_RULES, LADDER_START, type LadderState, type LadderVerdict } from "./ladder.js";
import type { Reading } from "./reading.js";
import type { Sampling } from "./sampling.js";

const SAMPLING: Sampling = {
  temperature: 0,
  topK: 40,
  topP: 0.9,
  minP: 0,
  penaltyMillinats: 0,
  endsByItself: true,
};
const CELL = {
  modelDigest: "d".repeat(64),
  engine: "flock-engine/0.1",
  hardware: "cpu",
  speculation: "none",
  positions: 2_000,
  misses: 1,
  surprisalSlackMillinats: 20,
  measuredUnixMs: 1,
  frozenUntilUnixMs: 0,
};
const PANEL = [
  { id: "a", isProtocol: false },
  { id: "b", isProtocol: false },
  { id: "p", isProtocol: true },
];

/** The bundle of the first verdict that jobs with these numbers of misses bring about; undefined: of none. */
function bundleOf(missesOfJobs: readonly number[], start: LadderState = LADDER_START): Bundle | undefined {
  let state = start;
  const jobs: Bundle["jobs"] = [];
  let verdict: LadderVerdict | undefined;
  for (const [index, misses] of missesOfJobs.entries()) {
    const readings = Array.from(
      { length: 8 },
      (_, place): Reading => ({
        kind: "token",
        offset: place,
        choices: [-5, -4_000],
        claimed: place < misses ? 1 : 0,
      }),
    );
    const evidence = jobEvidence(readings, SAMPLING, CELL);
    const step = advance(state, evidence, PANEL, LADDER_RULES);
    const named = {
      jobId: `job-${index}`,
      model: "m",
      receipt: "AA==",
      signature: "AA==",
      signer: "w",
      day: "2026-12-01",
    };
    const { verdict: found, logEMillinats } = evidence;
    jobs.push({
      ...named,
      sampling: SAMPLING,
      cell: CELL,
      readings: readings.map((reading) => ({ ...reading, choices: [...reading.choices] })),
      referees: PANEL,
      verdict: found,
      ...(logEMillinats === undefined ? {} : { logEMillinats }),
    });
    state = step.next;
    verdict = step.verdict;
    if (verdict !== undefined) break;
  }
  if (verdict === undefined) return undefined;
  const { quarantine, ...rest } = start;
  const mutable = { ...rest, runs: [...rest.runs] };
  return {
    format: "flock/evidence/v1",
    verdictId: "v",
    workerId: "w",
    verdict,
    reachedUnixMs: 5,
    rules: LADDER_RULES,
    start:
      quarantine === undefined
        ? mutable
        : { ...mutable, quarantine: { ...quarantine, referees: [...quarantine.referees] } },
    jobs,
  };
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
        expect(writeBundle(read)).toEqual(json);
        expect(bundleSha256(json)).toHaveLength(32);
      }),
    );
  });

  it("disagrees when a number that decides was changed", () => {
    const bundle = bundleOf([8, 8]);
    if (bundle === undefined) throw new Error("two answers of another model quarantine");
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
      { jobs: [first, { ...second, cell: { ...CELL, misses: 1_900 } }] },
      { start: { ...bundle.start, runs: [{ number: 1, logEMillinats: -9_000 }], scoredJobs: 1 } },
    ];
    for (const change of changed) expect(recompute({ ...bundle, ...change }).agrees).toBe(false);
    expect(recompute(bundle).agrees).toBe(true);
  });

  it("is refused with the place that is wrong when it is none", () => {
    const bundle = bundleOf([8, 8]);
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
    const jobs = bundle?.jobs.map((job) => ({ ...job, readings: [claims] }));
    expect(refusal(JSON.stringify({ ...bundle, jobs }))).toMatch(
      /^evidence\.jobs\.0\.readings\.0: claims a choice/,
    );
  });
});
