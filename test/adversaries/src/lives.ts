import { advance, type JobEvidence, LADDER_RULES, LADDER_START, type LadderState } from "@flock/evidence";
import { Random } from "@flock/simulation";

/** What became of many workers that all cheat alike. */
export interface Lives {
  readonly quarantined: number;
  readonly convicted: number;
  /** Checked jobs until quarantine, ascending, of those who came to it. */
  readonly toQuarantine: readonly number[];
  readonly toConviction: readonly number[];
}

const REFEREES = [
  { id: "a stranger", isProtocol: false },
  { id: "another stranger", isProtocol: false },
  { id: "the protocol's own", isProtocol: true },
];

/** Lives the lives of workers, each of whose checked jobs is one of those that were really checked, drawn by a seed. */
export function lives(
  checked: readonly JobEvidence[],
  { count, jobsMax, seed }: { readonly count: number; readonly jobsMax: number; readonly seed: number },
): Lives {
  const toQuarantine: number[] = [];
  const toConviction: number[] = [];
  for (let life = 0; life < count; life++) {
    const random = new Random(seed + life * 7_919);
    let state: LadderState = LADDER_START;
    let isQuarantined = false;
    for (let job = 1; job <= jobsMax && state.standing !== "convicted"; job++) {
      const evidence = checked[Math.floor(random.next() * checked.length)];
      if (evidence === undefined) break;
      const { next, verdict } = advance(state, evidence, REFEREES, LADDER_RULES);
      if (verdict === "quarantine" && !isQuarantined) {
        isQuarantined = true;
        toQuarantine.push(job);
      }
      if (verdict === "conviction") toConviction.push(job);
      state = next;
    }
  }
  const ascending = (a: number, b: number) => a - b;
  return {
    ...{ quarantined: toQuarantine.length, convicted: toConviction.length },
    toQuarantine: toQuarantine.sort(ascending),
    toConviction: toConviction.sort(ascending),
  };
}

/** Of all lives: undefined if fewer than that share came to it. */
export function quantile(jobs: readonly number[], count: number, share: number): number | undefined {
  return jobs[Math.ceil(share * count) - 1];
}
