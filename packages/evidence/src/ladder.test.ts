import fc from "fast-check";
import type { JobEvidence } from "./job-evidence.js";
import {
  advance,
  drawRateBps,
  evidenceOf,
  LADDER_RULES,
  LADDER_START,
  type LadderState,
  type LadderVerdict,
  type RefereeNamed,
} from "./ladder.js";

const SAME: JobEvidence = { verdict: "same", positions: 8, misses: 0, logEMillinats: -684 };
const DIFFERENT: JobEvidence = { verdict: "different", positions: 8, misses: 4, logEMillinats: 4_606 };
const UNSCORED: JobEvidence = { verdict: "undetermined", positions: 8, misses: 8, logEMillinats: undefined };
const PANEL: readonly RefereeNamed[] = [
  { id: "a", isProtocol: false },
  { id: "b", isProtocol: false },
  { id: "p", isProtocol: true },
];

function after(
  jobs: readonly JobEvidence[],
  referees: readonly RefereeNamed[] = PANEL,
  start: LadderState = LADDER_START,
): { state: LadderState; verdicts: LadderVerdict[] } {
  let state = start;
  const verdicts: LadderVerdict[] = [];
  for (const job of jobs) {
    const step = advance(state, job, referees, LADDER_RULES);
    state = step.next;
    if (step.verdict !== undefined) verdicts.push(step.verdict);
  }
  return { state, verdicts };
}

const times = (count: number, job: JobEvidence): JobEvidence[] => new Array<JobEvidence>(count).fill(job);

describe("the ladder", () => {
  it("has a worker proven after a hundred jobs in order", () => {
    expect(after(times(99, SAME)).state.standing).toBe("probation");
    const { state, verdicts } = after(times(100, SAME));
    expect([state.standing, verdicts]).toEqual(["proven", []]);
  });

  it("draws all of the first jobs, half until a worker is proven, and then the floor", () => {
    const rateAfter = (count: number) => drawRateBps(after(times(count, SAME)).state, LADDER_RULES);
    expect([rateAfter(0), rateAfter(19), rateAfter(20), rateAfter(99), rateAfter(100)]).toEqual([
      10_000, 10_000, 5_000, 5_000, 500,
    ]);
  });

  it("quarantines a worker at the second job that is not its own work", () => {
    expect(after([DIFFERENT]).state.standing).toBe("watched");
    const { state, verdicts } = after([DIFFERENT, DIFFERENT]);
    expect([state.standing, verdicts]).toEqual(["quarantined", ["quarantine"]]);
    expect(state.quarantine).toEqual({ jobs: 0, logEMillinats: 0, referees: [], hasProtocolReferee: false });
  });

  it("convicts by fresh jobs alone, that three referees have read, one of them the protocol's own", () => {
    const quarantined = after([DIFFERENT, DIFFERENT]).state;
    expect(after(times(2, DIFFERENT), PANEL, quarantined).state.standing).toBe("quarantined");
    const { state, verdicts } = after(times(3, DIFFERENT), PANEL, quarantined);
    expect([state.standing, verdicts]).toEqual(["convicted", ["conviction"]]);
    const few = PANEL.slice(1);
    expect(after(times(20, DIFFERENT), few, quarantined).verdicts).toEqual([]);
  });

  it("releases a worker whose fresh jobs are in order, and checks all of its jobs anew", () => {
    const quarantined = after([DIFFERENT, DIFFERENT]).state;
    expect(after(times(9, SAME), PANEL, quarantined).verdicts).toEqual([]);
    const { state, verdicts } = after(times(10, SAME), PANEL, quarantined);
    expect([state.standing, verdicts, drawRateBps(state, LADDER_RULES)]).toEqual([
      "probation",
      ["release"],
      10_000,
    ]);
    expect(state.quarantine).toBeUndefined();
  });

  it("keeps nobody in quarantine for ever by evidence that convicts nobody", () => {
    const quarantined = after([DIFFERENT, DIFFERENT]).state;
    const few = PANEL.slice(1);
    expect(after(times(59, DIFFERENT), few, quarantined).verdicts).toEqual([]);
    expect(after(times(60, DIFFERENT), few, quarantined).verdicts).toEqual(["release"]);
  });

  it("holds nothing against a worker that none of the protocol's own has read", () => {
    const strangers = PANEL.map(({ id }) => ({ id, isProtocol: false }));
    const { state, verdicts } = after(times(500, DIFFERENT), strangers);
    expect([state.standing, verdicts, evidenceOf(state)]).toEqual(["probation", [], 0]);
    expect(after(times(100, SAME), strangers).state.standing).toBe("proven");
  });

  it("convicts a worker that behaves in quarantine and cheats again, the third time", () => {
    const cheat = [...times(2, DIFFERENT), ...times(10, SAME)];
    const { state, verdicts } = after([...cheat, ...cheat, ...cheat]);
    expect(verdicts).toEqual(["quarantine", "release", "quarantine", "release", "conviction"]);
    expect(state.standing).toBe("convicted");
  });

  it("counts jobs of kinds that nobody has measured, and decides nothing by them", () => {
    const { state, verdicts } = after(times(500, UNSCORED));
    expect(verdicts).toEqual([]);
    expect(state).toEqual({ ...LADDER_START, undetermined: 500 });
  });

  it("changes nothing about a convicted worker any more", () => {
    const convicted = after(times(5, DIFFERENT)).state;
    expect(convicted.standing).toBe("convicted");
    const { state, verdicts } = after([SAME, DIFFERENT, UNSCORED], PANEL, convicted);
    expect([state.standing, verdicts, drawRateBps(state, LADDER_RULES)]).toEqual(["convicted", [], 0]);
  });

  it("finds a worker that turns bad after a thousand jobs within some jobs", () => {
    const proven = after(times(1_000, SAME)).state;
    expect(proven.standing).toBe("proven");
    let state = proven;
    let jobs = 0;
    for (; state.standing !== "quarantined" && jobs < 100; jobs++)
      state = advance(state, DIFFERENT, PANEL, LADDER_RULES).next;
    // The next run begins within ten jobs; older ones have their thousand good jobs against them.
    expect(jobs).toBeLessThanOrEqual(14);
  });

  it("has no evidence above what all runs together may have", () => {
    const job = fc.integer({ min: -2_000, max: 4_606 });
    fc.assert(
      fc.property(fc.array(job, { maxLength: 120 }), (logs) => {
        const jobs = logs.map((logEMillinats): JobEvidence => ({ ...SAME, logEMillinats }));
        let best = 0;
        for (const [index] of logs.entries()) {
          const { state } = after(jobs.slice(0, index + 1));
          if (state.quarantine !== undefined) return;
          const starts = logs.slice(0, index + 1).map((_, from) => logs.slice(from, index + 1));
          best = Math.max(0, ...starts.map((run) => run.reduce((sum, log) => sum + log, 0)));
          expect(evidenceOf(state)).toBeLessThanOrEqual(best);
          expect(state.runs.length).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("has an answer in every state to every job", () => {
    const states = [
      LADDER_START,
      after(times(100, SAME)).state,
      after([DIFFERENT]).state,
      after([DIFFERENT, DIFFERENT]).state,
      after(times(5, DIFFERENT)).state,
    ];
    expect(states.map(({ standing }) => standing)).toEqual([
      "probation",
      "proven",
      "watched",
      "quarantined",
      "convicted",
    ]);
    for (const state of states)
      for (const job of [SAME, DIFFERENT, UNSCORED]) {
        const { next } = advance(state, job, PANEL, LADDER_RULES);
        const counted = next.same + next.different + next.undetermined;
        expect(counted).toBe(state.same + state.different + state.undetermined + 1);
      }
  });
});
