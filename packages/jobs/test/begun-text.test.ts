import { Operation, Outcome, Work } from "@flock/proto/jobs";
import { type BegunText, checkBegunText } from "../src/requester/begun-text.js";
import { JobUnderTest, jobSpec, type Lease, WORKERS } from "./job-rig.js";

/* A job that goes on behind a text which was generated elsewhere: what its workers are told, and what it costs. */

const BEGUN: BegunText = { text: "Once upon", tokens: 4, tokensMax: 6, promptTokens: 3 };

function begun(changes: Partial<BegunText> = {}): JobUnderTest {
  const test = new JobUnderTest(jobSpec({ resumeFrom: { ...BEGUN, ...changes }, completionTokensMax: 2 }));
  test.job.holdGranted({ completionTokensMax: 1_000 }, 0);
  return test;
}

function workOf(test: JobUnderTest): Work {
  const claim = { workerId: WORKERS[0]?.id ?? "", modelDigest: test.job.spec.modelDigest, queuedMs: 0 };
  const moment = { nowMs: 0, unixMs: 0 };
  const granted = test.job.claim(
    { ...claim, sealingKey: new Uint8Array() },
    () => ({ key: claim.workerId }),
    moment,
    false,
  );
  if (typeof granted === "number") throw new Error("the claim was refused");
  return Work.decode(granted.work);
}

/** Tokens that are charged for, of the prompt and of the answer. */
function charged({ completed }: JobUnderTest): readonly number[] | undefined {
  const [job] = completed;
  return job && [job.promptTokens, job.completionTokens];
}

/** As if its worker had counted the text before its own as so many tokens. */
function recounted(lease: Lease, resumedTokens: number): Lease {
  return { ...lease, resumedTokens };
}

describe("a job that goes on behind a text", () => {
  it("has its first worker continue it, under a number that tells no lost worker from none", () => {
    expect(workOf(begun({ thinking: "Hm." })).resume).toMatchObject({
      ...{ deliveredText: "Once upon", deliveredThinking: "Hm.", promptTokens: 3 },
      ...{ deliveredTokens: 4, deliveredTokensMax: 6, blankTailLength: 0 },
    });
    expect(begun().lease().number).toBe(2);
  });

  it("is no resumed job to the router, which would prefer it to the jobs of clients", () => {
    expect(begun().job.route(0).resumed).toBe(false);
  });

  it.each([4, 6])("costs the text as prompt, and only new tokens: %i of the text", (resumedTokens) => {
    const test = begun();
    const lease = recounted(test.lease(), resumedTokens);
    test.chunk(lease, " a");
    test.final(lease, Outcome.COMPLETED);
    expect(charged(test)).toEqual([3 + 4, 1]);
    expect(test.text).toBe(" a");
    expect(test.ends).toMatchObject([{ promptTokens: 7, completionTokens: 1, leases: 1 }]);
    expect(test.completed).toMatchObject([{ leases: 1 }]);
  });

  it.each([3, 7])(
    "takes no receipt over more or fewer tokens of the text than it has: %i",
    (resumedTokens) => {
      const test = begun();
      const lease = recounted(test.lease(), resumedTokens);
      test.chunk(lease, " a");
      test.final(lease, Outcome.COMPLETED);
      expect(charged(test)).toBeUndefined();
    },
  );

  it("is stopped behind its last token, whatever limit its worker was told", () => {
    const test = begun();
    const lease = test.lease();
    for (const text of [" a", " time", ", there"]) test.chunk(lease, text);
    expect([test.text, test.stops]).toEqual([" a time", 1]);
    test.final(lease, Outcome.CANCELLED);
    expect(charged(test)).toEqual([7, 2]);
    expect(test.ends).toMatchObject([{ outcome: "completed", doneReason: "length" }]);
  });

  it("goes on behind both texts when its worker is lost, and no token is charged twice", () => {
    const test = begun();
    test.chunk(test.lease(), " a");
    test.pass(60_000);
    expect(test.job.route(test.nowMs).resumed).toBe(true);
    const second = test.lease(1);
    expect([second.number, second.resumedTokens]).toEqual([3, 5]);
    test.chunk(second, " time");
    test.final(second, Outcome.COMPLETED);
    expect(charged(test)).toEqual([7, 2]);
  });

  it.each([
    ["says nothing", { resumeFrom: { ...BEGUN, text: "" } }],
    ["has fewer tokens at most than at least", { resumeFrom: { ...BEGUN, tokensMax: 3 } }],
    ["has no number of tokens", { resumeFrom: { ...BEGUN, promptTokens: Number.NaN } }],
    ["stands before vectors", { resumeFrom: BEGUN, operation: Operation.EMBED }],
  ])("is refused if the text %s", (_what, changes) => {
    const { operation, resumeFrom } = jobSpec(changes);
    expect(() => checkBegunText(operation, resumeFrom)).toThrow("nothing can go on behind that text");
  });
});
