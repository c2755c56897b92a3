import { FlockError } from "@flock/errors";
import { Operation, Outcome } from "@flock/proto/jobs";
import type { JobSpec } from "../src/index.js";
import type { Ending } from "../src/requester/job-state.js";
import { JobUnderTest, jobSpec, type Lease, LIMITS } from "./job-rig.js";

/* What is charged for a job, by how it ends: the rows of docs/billing.md that the requester decides. */

const WORDS = 5;
const PROMPT_TOKENS = 3;
const CANCELLED: Ending = { outcome: "cancelled", doneReason: "" };
const CUT_OFF: Ending = {
  ...{ outcome: "failed", doneReason: "" },
  error: new FlockError("cancelled", "the client does not read"),
};

/** A job with money and so many words of its answer. */
function begun(words: number, changes: Partial<JobSpec> = {}): { test: JobUnderTest; lease: Lease } {
  const test = new JobUnderTest(jobSpec(changes));
  test.job.holdGranted({ completionTokensMax: 1_000 }, 0);
  const lease = test.lease();
  for (let word = 0; word < words; word++) test.chunk(lease);
  return { test, lease };
}

/** Tokens that are charged for, of the prompt and of the answer; undefined: nothing is, and the ledger is told so. */
function charged({ completed, failed }: JobUnderTest): readonly [number, number] | undefined {
  expect(completed.length + failed.length).toBe(1);
  const [job] = completed;
  return job && [job.promptTokens, job.completionTokens];
}

describe("what a job costs", () => {
  it("is its prompt and its tokens if it is complete", () => {
    const { test, lease } = begun(WORDS);
    test.final(lease, Outcome.COMPLETED);
    expect(charged(test)).toEqual([PROMPT_TOKENS, WORDS]);
  });

  it.each([
    ["there is no token", (_test: JobUnderTest, _lease: Lease) => {}],
    ["its tokens show nothing", (test: JobUnderTest, lease: Lease) => test.chunk(lease, "")],
  ])("is nothing if it is complete and %s, and its client is told the engine's counts", (_what, write) => {
    const { test, lease } = begun(0);
    write(test, lease);
    test.final(lease, Outcome.COMPLETED);
    expect(charged(test)).toBeUndefined();
    expect(test.ends).toMatchObject([{ outcome: "completed", completionTokens: lease.tokens }]);
  });

  it("is that of a tool call, which is an answer without text", () => {
    const { test, lease } = begun(0);
    test.call(lease);
    test.final(lease, Outcome.COMPLETED);
    expect(charged(test)).toEqual([PROMPT_TOKENS, 1]);
    expect(test.chunks).toHaveLength(1);
  });

  it.each([
    ["complete", Outcome.COMPLETED, undefined, [PROMPT_TOKENS, 0]],
    ["given up", Outcome.CANCELLED, CANCELLED, undefined],
  ])("is the prompt of vectors, if they are %s", (_what, outcome, ending, cost) => {
    const { test, lease } = begun(0, { operation: Operation.EMBED, resume: "whole" });
    if (ending !== undefined) test.job.decide(ending, 0);
    test.final(lease, outcome, { promptTokens: PROMPT_TOKENS });
    expect(charged(test)).toEqual(cost);
  });

  it.each([
    ["streams", { coalesce: false }],
    ["does not read along", { coalesce: true }],
    ["waits for an answer that must be whole", { resume: "whole" as const }],
  ])("is what was generated if a client goes who %s", (_who, changes) => {
    const { test, lease } = begun(WORDS, changes);
    test.job.decide(CANCELLED, 0);
    test.final(lease, Outcome.CANCELLED);
    expect(charged(test)).toEqual([PROMPT_TOKENS, WORDS]);
  });

  it("is nothing if the client goes before there is a word", () => {
    const { test, lease } = begun(0);
    test.job.decide(CANCELLED, 0);
    test.final(lease, Outcome.CANCELLED);
    expect(charged(test)).toBeUndefined();
  });

  it.each([
    ["streamed", { coalesce: false }, [PROMPT_TOKENS, WORDS]],
    ["for a client who does not read along", { coalesce: true }, undefined],
    ["held back until it is whole", { resume: "whole" as const }, undefined],
  ])("is what its client was sent of an answer that is cut off: %s", (_what, changes, cost) => {
    const { test, lease } = begun(WORDS, changes);
    test.job.decide(CUT_OFF, 0);
    // The engine hears of it a moment later.
    test.chunk(lease, "late ");
    test.final(lease, Outcome.CANCELLED);
    expect(charged(test)).toEqual(cost);
    expect(test.ends).toHaveLength(1);
  });

  it("is nothing if its worker does not vouch for what it sent", () => {
    for (const ending of [CANCELLED, CUT_OFF]) {
      const { test } = begun(WORDS);
      test.job.decide(ending, 0);
      test.pass(LIMITS.cancelTimeoutMs + 1);
      expect(charged(test)).toBeUndefined();
    }
  });

  it("is nothing if it was no answer, or the engine refused it", () => {
    const nonsense = begun(WORDS);
    nonsense.test.job.decide({ ...CUT_OFF, isFree: true }, 0);
    nonsense.test.final(nonsense.lease, Outcome.CANCELLED);
    expect(charged(nonsense.test)).toBeUndefined();
    const refused = begun(0);
    refused.test.final(refused.lease, Outcome.REFUSED, { error: "no such option" });
    expect(charged(refused.test)).toBeUndefined();
  });

  it.each(["continue", "whole"] as const)("has each token once, whoever wrote it (%s)", (resume) => {
    const { test } = begun(WORDS, { resume });
    test.pass(LIMITS.progressTimeoutMs + 1);
    const next = test.lease(1);
    for (let word = 0; word < WORDS; word++) test.chunk(next, "v ");
    test.final(next, Outcome.COMPLETED);
    const words = resume === "continue" ? 2 * WORDS : WORDS;
    expect(charged(test)).toEqual([PROMPT_TOKENS, words]);
    expect(test.text.split(" ").filter((word) => word !== "")).toHaveLength(words);
  });
});
