import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FlockError } from "@flock/errors";
import { Chunk, ClaimRefusal, Outcome } from "@flock/proto/jobs";
import type { HoldState, Phase } from "../src/requester/job-state.js";
import { JobUnderTest, jobSpec, type Lease, LIMITS, WORKERS } from "./job-rig.js";

/* The table of a job's states, which is in job-state.ts and in ARCHITECTURE.md: both say the same, and it is true. */

const ROOT = join(import.meta.dirname, "../../..");
const inCode = tableIn("packages/jobs/src/requester/job-state.ts");
const inProse = tableIn("ARCHITECTURE.md");

/** The rows of the one table in a file that begins with the columns of states. */
function tableIn(path: string): string[][] {
  const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
  const rows = lines.map((line) => line.replace(/^ \* /, "").trim());
  const first = rows.findIndex((row) => /^\| state +\| event +\| next +\| effect +\|$/.test(row));
  const table = rows.slice(first).slice(
    0,
    rows.slice(first).findIndex((row) => !row.startsWith("|")),
  );
  const cells = table.map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
  return cells.filter(([state]) => state !== "state" && !/^-+$/.test(state ?? ""));
}

/** Longer than any other row waits without a lease. */
const QUEUE_MAX_MS = 3_000_000;
const refused = new FlockError("insufficient_funds", "no hold");
const unavailable = new FlockError("unavailable", "no worker serves the model");
const REASON = { error: "unclosed action", isEngineAnswer: true };

/** A job in the state that a row begins with: of every row, or of one that needs more. */
const BEGIN: Record<string, (test: JobUnderTest, hold: HoldState) => Lease | undefined> = {
  waiting: () => undefined,
  leased: (test) => test.lease(),
  ending: (test) => {
    const lease = test.lease();
    test.chunk(lease);
    test.job.decide({ outcome: "cancelled", doneReason: "" }, test.nowMs);
    return lease;
  },
  "ending: final, after an error": (test, hold) => {
    const lease = test.lease();
    if (hold === "granted") test.job.holdGranted({ completionTokensMax: 1_000 }, 0);
    test.chunk(lease);
    const error = new FlockError("deadline_exceeded", "too late");
    test.job.decide({ outcome: "failed", doneReason: "", error }, test.nowMs);
    return lease;
  },
  untold: (test) => {
    const lease = test.lease();
    for (let token = 0; token < 4; token++) test.chunk(lease);
    test.final(lease, Outcome.COMPLETED);
    return lease;
  },
  ended: (test) => {
    const lease = test.lease();
    test.job.holdGranted({ completionTokensMax: 1_000 }, 0);
    test.final(lease, Outcome.COMPLETED);
    return lease;
  },
};

type Step = (test: JobUnderTest, lease: Lease) => void;
const claimIs = (refusal: ClaimRefusal, ...claim: Parameters<JobUnderTest["claim"]>): Step => {
  return (test) => expect(test.claim(...claim)).toBe(refusal);
};
const cancel: Step = (test) => test.job.decide({ outcome: "cancelled", doneReason: "" }, test.nowMs);
const refuseHold: Step = (test) => test.job.holdRefused("refused", refused, test.nowMs);
const doubtHold: Step = (test) => test.job.holdRefused("uncertain", refused, test.nowMs);
const passDeadline: Step = (test) => test.pass(3_600_001);
/** Keeps the lease from being silent. */
const passHeard =
  (ms: number): Step =>
  (test) => {
    test.nowMs += ms;
    test.job.heard(test.nowMs);
    test.pass(0);
  };

/** Every way in which the event of a row can come, by state and event. */
const EVENTS: Record<string, readonly Step[]> = {
  "waiting: claim by a worker that may have the job": [
    (test) => expect(test.lease().number).toBe(1),
    (test) => {
      test.chunk(test.lease(), "Once ");
      test.isBlameless = true;
      test.pass(LIMITS.progressTimeoutMs + 1);
      expect(test.lease(1).number).toBe(2);
    },
  ],
  "waiting: claim by another": [
    claimIs(ClaimRefusal.WRONG_MODEL, 0, "cd".repeat(32)),
    claimIs(ClaimRefusal.EXCLUDED, 0, undefined, true),
    (test) => {
      test.nowMs = 3_600_001;
      claimIs(ClaimRefusal.EXPIRED)(test, undefined as never);
    },
  ],
  "waiting: the router does not know the job": [(test) => void test.job.route(test.nowMs)],
  "waiting: the router refuses the job": [(test) => test.job.routeRefused(unavailable, test.nowMs)],
  "waiting: caller gone, hold refused, deadline": [cancel, refuseHold, doubtHold, passDeadline],
  "waiting: no worker for as long as it may queue": [(test) => test.pass(QUEUE_MAX_MS + 1)],
  "leased: claim": [claimIs(ClaimRefusal.ALREADY_LEASED, 1)],
  "leased: chunk with the next number": [
    (test, lease) => {
      test.chunk(lease, "Once ");
      expect(test.text).toBe(test.job.hold === "pending" ? "" : "Once ");
      if (test.job.hold === "pending") test.job.holdGranted({ completionTokensMax: 1_000 }, test.nowMs);
      test.chunk(lease, "upon ");
      expect(test.text).toBe("Once upon ");
    },
  ],
  "leased: chunk that nobody could go on behind": [
    (test, lease) => {
      test.chunk(lease, "I look. ");
      test.call(lease);
      test.chunk(lease, "Done.");
      if (test.job.hold === "pending") test.job.holdGranted({ completionTokensMax: 1_000 }, test.nowMs);
      expect(test.text).toBe("I look. ");
    },
  ],
  "leased: gap in the numbers, or silence": [
    (test, lease) => test.chunk(lease, "x", 1),
    (test, lease) => test.final(lease, Outcome.COMPLETED, { seq: 3 }),
    (test) => test.pass(LIMITS.progressTimeoutMs + 1),
  ],
  "leased: chunk or final that does not open": [
    (test, lease) => test.final(lease, Outcome.COMPLETED, { sealed: Buffer.from("x") }),
    (test) => {
      // Also right after a loss of NATS, when no worker is blamed for what is missing.
      test.isBlameless = true;
      test.job.chunk(Chunk.fromPartial({ jobId: "job", lease: 1 }), test.nowMs);
    },
  ],
  "leased: no output for too long": [
    passHeard(LIMITS.firstChunkTimeoutMs + 1),
    (test, lease) => {
      test.chunk(lease);
      passHeard(LIMITS.stallTimeoutMs + 1)(test, lease);
    },
  ],
  "leased: final: failed, returned": [
    (test, lease) => test.final(lease, Outcome.FAILED, { error: "no memory" }),
    (test, lease) => test.final(lease, Outcome.RETURNED),
    (test, lease) => test.final(lease, Outcome.CANCELLED),
  ],
  "leased: the same for the last time": [
    (test, lease) => {
      test.final(lease, Outcome.FAILED);
      for (const worker of [1, 2]) test.final(test.lease(worker), Outcome.FAILED);
    },
    (test, lease) => {
      test.final(lease, Outcome.RETURNED);
      for (let more = 1; more < LIMITS.leasesMax; more++) {
        test.nowMs += LIMITS.exclusionMs;
        test.final(test.lease(), Outcome.RETURNED);
      }
    },
  ],
  "leased: final: failed, as another engine has": [
    (test, lease) => {
      test.final(lease, Outcome.FAILED, REASON);
      test.final(test.lease(1), Outcome.FAILED, REASON);
    },
  ],
  "leased: final: refused": [
    (test, lease) => test.final(lease, Outcome.REFUSED, { error: "no such option" }),
  ],
  "leased: final: completed": [
    (test, lease) => {
      test.chunk(lease);
      test.final(lease, Outcome.COMPLETED);
    },
  ],
  "leased: final: completed, without a word": [
    (test, lease) => test.final(lease, Outcome.COMPLETED),
    (test, lease) => {
      test.chunk(lease, "");
      test.final(lease, Outcome.COMPLETED);
    },
  ],
  "leased: caller gone, token limit": [
    cancel,
    (test, lease) => {
      for (let token = 0; token < 1_001; token++) test.chunk(lease);
    },
  ],
  "leased: hold refused, deadline, nonsense": [
    refuseHold,
    doubtHold,
    passDeadline,
    (test) =>
      test.job.decide({ outcome: "failed", doneReason: "", error: refused, isFree: true }, test.nowMs),
  ],
  "ending: claim": [claimIs(ClaimRefusal.CANCELLED, 1)],
  "ending: chunk with the next number": [
    (test, lease) => {
      if (test.job.hold === "pending") test.job.holdGranted({ completionTokensMax: 1_000 }, test.nowMs);
      const before = test.text;
      test.chunk(lease, "late ");
      expect(test.text).toBe(before);
    },
  ],
  "ending: hold refused": [refuseHold, doubtHold],
  "ending: final, caller gone or token limit": [
    (test, lease) => test.final(lease, Outcome.CANCELLED),
    (test, lease) => test.final(lease, Outcome.COMPLETED),
    (test, lease) => {
      test.chunk(lease, "late ");
      test.final(lease, Outcome.CANCELLED);
      if (test.job.hold === "granted") expect(test.completed[0]).toMatchObject({ completionTokens: 2 });
    },
  ],
  "ending: final, after an error": [
    (test, lease) => {
      test.chunk(lease, "late ");
      test.final(lease, Outcome.CANCELLED);
      // While the hold is pending, nothing is delivered.
      const charged = test.completed.map(({ completionTokens }) => completionTokens);
      expect(charged).toEqual(test.job.hold === "granted" ? [1] : []);
    },
  ],
  "ending: gap in the numbers, or no final in time": [
    (test, lease) => test.chunk(lease, "x", 1),
    (test) => test.pass(LIMITS.cancelTimeoutMs + 1),
  ],
  "untold: hold granted": [
    (test) => {
      test.job.holdGranted({ completionTokensMax: 3 }, test.nowMs);
      expect(test.ends[0]).toMatchObject({ outcome: "completed", doneReason: "length", completionTokens: 3 });
      expect(test.completed[0]).toMatchObject({ completionTokens: 3, workerId: WORKERS[0]?.id });
      expect(test.text).toBe("w w w ");
    },
  ],
  "untold: hold refused": [
    (test, lease) => {
      refuseHold(test, lease);
      expect(test.ends[0]).toMatchObject({ outcome: "failed", error: refused });
      expect([test.text, test.completed, test.failed]).toEqual(["", [], []]);
    },
    (test, lease) => {
      doubtHold(test, lease);
      expect(test.ends[0]).toMatchObject({ outcome: "failed", error: refused });
      expect([test.text, test.completed, test.failed.length]).toEqual(["", [], 1]);
    },
  ],
  "ended: anything": [
    cancel,
    passDeadline,
    claimIs(ClaimRefusal.CANCELLED, 1),
    (test, lease) => test.chunk(lease),
    (test, lease) => test.final(lease, Outcome.FAILED),
    (test) => test.job.routed({ routerId: "router", etaMs: 0 }, test.nowMs),
    (test) => test.job.routeRefused(unavailable, test.nowMs),
    (test) => test.job.routeFailed(unavailable, test.nowMs),
  ],
};

describe("the table of a job's states", () => {
  it("is the same in job-state.ts and in ARCHITECTURE.md", () => {
    expect(inCode.length).toBeGreaterThan(20);
    expect(inProse).toEqual(inCode);
  });

  it("has a test below for each of its rows, and no test is of a row that is not there", () => {
    expect(Object.keys(EVENTS)).toEqual(inCode.map(([state, event]) => `${state}: ${event}`));
  });

  it.each(inCode)("is true: %s, %s → %s", (state = "", event = "", next = "", effect = "") => {
    for (const step of EVENTS[`${state}: ${event}`] ?? []) {
      for (const hold of holdsOf(state, event)) {
        const test = new JobUnderTest(jobSpec({ queueMaxMs: QUEUE_MAX_MS }));
        const begin = BEGIN[`${state}: ${event}`] ?? BEGIN[state];
        const lease = begin?.(test, hold);
        if (hold === "granted" && test.job.hold === "pending")
          test.job.holdGranted({ completionTokensMax: 1_000 }, test.nowMs);
        expect([test.job.phase, test.job.hold]).toEqual([state, hold]);
        const effectsBefore = test.effects.length;
        step(test, lease as Lease);
        expect(test.job.phase).toBe(nextPhase(next, test));
        expectEffect(effect, test, test.effects.slice(effectsBefore));
      }
    }
  });
});

/** What a job's hold can be when the event comes. */
function holdsOf(state: string, event: string): readonly HoldState[] {
  if (state === "ended") return ["granted"];
  return state === "untold" || event.includes("hold refused") ? ["pending"] : ["pending", "granted"];
}

/** Whether the words of an effect have come true, as far as they are of the kind that every row could have. */
function expectEffect(words: string, test: JobUnderTest, effects: readonly string[]): void {
  if (words === "refused or dropped") expect(effects).toEqual([]);
  if (words.includes("at once")) expect(test.ends).toHaveLength(1);
  if (words.includes("told to stop") || words.startsWith("the same; the caller"))
    expect(effects).toContain("stop");
  if (words.includes("without this worker") || words.includes("nobody is blamed"))
    expect(effects).toContain("route");
  if (words.includes("always to blame")) expect(test.finished.at(-1)?.outcome).toBe(Outcome.FAILED);
  if (words.includes("nobody is blamed")) expect(test.finished.at(-1)?.outcome).toBe(Outcome.RETURNED);
  if (words.includes("nothing is charged")) expect(test.completed).toEqual([]);
  if (words.includes("the caller is told")) expect(test.ends).toHaveLength(1);
  if (words === "settled" && test.job.hold === "granted") expect(test.completed).toHaveLength(1);
}

/** `over` is `untold` while the hold is pending, and else `ended`. */
function nextPhase(next: string, { job }: JobUnderTest): Phase {
  if (next !== "over") return next as Phase;
  return job.hold === "pending" ? "untold" : "ended";
}

describe("an answer that is longer than was asked for", () => {
  it("ends in an error if its hold is refused afterwards, and nothing is told to the ledger", () => {
    const test = new JobUnderTest(jobSpec({ completionTokensMax: 2 }));
    const lease = test.lease();
    for (let token = 0; token < 3; token++) test.chunk(lease);
    expect([test.job.phase, test.stops]).toEqual(["ending", 1]);
    refuseHold(test, lease);
    expect(test.ends).toMatchObject([{ outcome: "failed", error: refused }]);
    test.final(lease, Outcome.CANCELLED);
    expect([test.job.phase, test.ends.length, test.text]).toEqual(["ended", 1, ""]);
    expect([test.completed, test.failed]).toEqual([[], []]);
  });
});
