import { type LookedAt, OddJobs } from "./odd-jobs.js";

const JOB: LookedAt = {
  ...{ workerId: "w", isCompleted: true, doneReason: "stop", promptTokens: 10 },
  ...{ completionTokens: 100, receiptTokens: 100, decodeMs: 2_000, outputSha256: new Uint8Array(32) },
};
const output = (number: number) => Uint8Array.from({ length: 32 }, () => number);

describe("a job that ended", () => {
  it("is not odd when it is like any other", () => {
    expect(new OddJobs().look(JOB)).toBeUndefined();
  });

  it("is odd when its client is charged for more than its worker vouches for", () => {
    expect(new OddJobs().look({ ...JOB, receiptTokens: 99 })).toBe("counts");
  });

  it("is odd when no machine writes so fast, unless it is short", () => {
    expect(new OddJobs().look({ ...JOB, decodeMs: 1 })).toBe("speed");
    expect(
      new OddJobs().look({ ...JOB, completionTokens: 20, receiptTokens: 20, decodeMs: 1 }),
    ).toBeUndefined();
  });

  it("is odd when it ended for a reason that there is not", () => {
    expect(new OddJobs().look({ ...JOB, doneReason: "bored" })).toBe("done_reason");
  });

  it("is odd when its worker says the same again and again, and not when others say it", () => {
    const odd = new OddJobs();
    const same = (workerId: string) => odd.look({ ...JOB, workerId });
    expect([same("a"), same("b"), same("a"), same("a"), same("b"), same("b")]).toEqual(
      Array(6).fill(undefined),
    );
    expect(same("a")).toBe("repeated_output");
    expect(odd.look({ ...JOB, workerId: "a", outputSha256: output(1) })).toBeUndefined();
  });
});
