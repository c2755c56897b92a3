import type { Bundle } from "./bundle.js";
import { jobEvidence } from "./job-evidence.js";
import { advance, LADDER_RULES, LADDER_START, type LadderState, type LadderVerdict } from "./ladder.js";
import type { Reading } from "./reading.js";

const PLACES = 8;
const SAMPLING = { temperature: 0, topK: 40, topP: 0.9, minP: 0, penalisedTokens: 0, endsByItself: true };
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
const REFEREES = [
  { id: "stranger", isProtocol: false },
  { id: "protocol", isProtocol: true },
];

/**
 * A made-up bundle, for tests: greedy jobs, of each so many places missed.
 * @throws RangeError if these jobs lead to no verdict, or to one before the last.
 */
export function syntheticBundle(
  named: Pick<Bundle, "verdictId" | "workerId">,
  missesOfJobs: readonly number[] = [8, 8],
): Bundle {
  let state: LadderState = LADDER_START;
  let verdict: LadderVerdict | undefined;
  const jobs = missesOfJobs.map((misses, index) => {
    if (verdict !== undefined) throw new RangeError(`there is a verdict before job ${index}`);
    const readings = Array.from(
      { length: PLACES },
      (_, place): Reading => ({
        kind: "token",
        offset: place,
        choices: [-5, -4_000],
        claimed: place < misses ? 1 : 0,
      }),
    );
    const evidence = jobEvidence(readings, SAMPLING, CELL);
    const step = advance(state, evidence, REFEREES, LADDER_RULES);
    state = step.next;
    verdict = step.verdict;
    const { logEMillinats } = evidence;
    return {
      ...{ jobId: `job-${index}`, model: "m", receipt: "c2lnbmVk", signature: "c2lnbmVk", signer: "a-key" },
      ...{ day: "2026-12-01", sampling: SAMPLING, cell: CELL, referees: REFEREES, verdict: evidence.verdict },
      readings: readings.map((reading) => ({ ...reading, choices: [...reading.choices] })),
      ...(logEMillinats === undefined ? {} : { logEMillinats }),
    };
  });
  if (verdict === undefined) throw new RangeError("these jobs lead to no verdict");
  return {
    format: "flock/evidence/v1",
    ...named,
    verdict,
    reachedUnixMs: 1_780_000_000_000,
    rules: LADDER_RULES,
    start: { standing: "probation", same: 0, different: 0, undetermined: 0, scoredJobs: 0, runs: [] },
    jobs,
  };
}
