import { FlockError } from "@flock/errors";
import { ClaimRefusal } from "@flock/proto/jobs";
import { type Ending, JobState, type JobStateOptions } from "./job-state.js";
import { REQUESTER_DEFAULTS } from "./options.js";

const COMPLETED: Ending = { outcome: "completed", doneReason: "stop" };
const REFUSED: Ending = {
  outcome: "failed",
  doneReason: "",
  error: new FlockError("insufficient_funds", "no hold"),
};

interface StateChanges {
  readonly hold?: JobStateOptions["hold"];
  readonly deadlineUnixMs?: number;
  readonly queueMaxMs?: number;
  readonly mayBeQuiet?: boolean;
}

function newState(changes: StateChanges = {}): JobState {
  const usual = { hold: "none", deadlineUnixMs: 10_000, mayBeQuiet: false } as const;
  const queueMaxMs = Number.POSITIVE_INFINITY;
  return new JobState({ ...usual, queueMaxMs, ...changes, limits: REQUESTER_DEFAULTS, nowMs: 0 });
}

function leased(options = {}): JobState {
  const state = newState(options);
  expect(state.claim("a", 0)).toBeUndefined();
  return state;
}

describe("JobState", () => {
  it("refuses a second claim while the lease lives", () => {
    const state = leased();
    expect([state.lease, state.workerId]).toEqual([1, "a"]);
    expect(state.claim("b", 0)).toBe(ClaimRefusal.ALREADY_LEASED);
    state.decide(COMPLETED, 0);
    expect(state.claim("b", 0)).toBe(ClaimRefusal.CANCELLED);
  });

  it("refuses the worker that failed for as long as it is excluded", () => {
    const state = leased();
    state.release(false, 0);
    expect(state.claim("a", 4_999)).toBe(ClaimRefusal.EXCLUDED);
    expect(state.excludedWorkerIds(4_999)).toEqual(["a"]);
    expect(state.claim("a", 5_000)).toBeUndefined();
    expect([state.lease, state.workerIds]).toEqual([2, ["a", "a"]]);
  });

  it("does not exclude a worker that is not to blame", () => {
    const state = leased();
    state.release(true, 0);
    expect(state.claim("a", 0)).toBeUndefined();
  });

  it("refuses every claim once the job has ended", () => {
    const state = newState();
    state.finish(COMPLETED, 0);
    expect(state.claim("a", 0)).toBe(ClaimRefusal.CANCELLED);
  });

  it("is fenced by the lease number and the holder", () => {
    const state = leased();
    state.release(false, 0);
    state.claim("b", 0);
    expect(state.holds("a", 1)).toBe(false);
    expect(state.holds("a", 2)).toBe(false);
    expect(state.holds("b", 1)).toBe(false);
    expect(state.holds("b", 2)).toBe(true);
  });

  it("ends once, and keeps the first decision about how", () => {
    const state = leased();
    expect(state.decide(COMPLETED, 0)).toBe(true);
    expect(state.decide(REFUSED, 0)).toBe(false);
    expect(state.ending).toBe(COMPLETED);
    state.finish(COMPLETED, 0);
    expect(() => state.finish(REFUSED, 0)).toThrow("a job ends once");
    expect(() => state.release(false, 0)).toThrow("has no lease");
  });

  it("gives a decision up that would have been paid for, when there is no money", () => {
    const state = leased({ hold: "pending" });
    state.decide(COMPLETED, 0);
    state.holdRefused("refused", REFUSED);
    expect([state.phase, state.ending]).toEqual(["ending", REFUSED]);
  });

  it.each([
    ["its worker is silent, at the first millisecond after the timeout", {}, 2_500, "silent"],
    ["its worker reports, and its engine has not begun", { heard: true }, 180_000, "stalled"],
    ["its worker reports, and its engine has stopped", { heard: true, hasOutput: true }, 60_000, "stalled"],
    ["its engine may be quiet, and is for too long", { heard: true, mayBeQuiet: true }, 600_000, "stalled"],
    ["its deadline passes", { deadlineUnixMs: 100 }, 100, "deadline"],
  ] as const)("is due when %s", (_when, given, atMs, due) => {
    const {
      deadlineUnixMs = 1e9,
      mayBeQuiet = false,
      heard = false,
      hasOutput = false,
    } = { ...given } as {
      deadlineUnixMs?: number;
      mayBeQuiet?: boolean;
      heard?: boolean;
      hasOutput?: boolean;
    };
    const state = leased({ deadlineUnixMs, mayBeQuiet });
    if (heard) state.heard(atMs);
    const at = (nowMs: number) => state.due({ nowMs, unixMs: nowMs, canJudge: true, hasOutput });
    expect([at(atMs), at(atMs + 1)]).toEqual([undefined, due]);
  });

  it("judges no worker while none can be heard", () => {
    const state = leased({ deadlineUnixMs: 1e9 });
    expect(state.due({ nowMs: 60_000, unixMs: 0, canJudge: false, hasOutput: true })).toBeUndefined();
  });

  it("has the job routed again when an exclusion ends", () => {
    const state = leased();
    state.release(false, 0);
    state.routed(1, false);
    const at = (nowMs: number) => state.due({ nowMs, unixMs: 0, canJudge: true, hasOutput: false });
    expect([at(5_000), at(5_001)]).toEqual([undefined, "route"]);
  });
});
