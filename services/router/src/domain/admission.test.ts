import { type AdmissionFacts, refusalOf } from "./admission.js";

const LIMITS = { queueTotalMax: 10, queuePerAccountMax: 3, unservedRetryMs: 5_000 };
const FACTS: AdmissionFacts = {
  model: "llama3",
  isKnown: true,
  hasLiveWorker: true,
  hasAbleWorker: true,
  onlyWorkerId: undefined,
  needsSealing: false,
  canStart: false,
  isReturning: false,
  queuedTotal: 0,
  queuedOfAccount: 0,
  etaMs: 2_500,
};

describe("refusalOf", () => {
  it("lets a job wait whatever the estimate says", () => {
    expect(refusalOf({ ...FACTS, etaMs: 86_400_000 }, LIMITS)).toBeUndefined();
  });

  it("answers not_found for a model that was never in the catalogue, in Ollama's words", () => {
    expect(refusalOf({ ...FACTS, isKnown: false }, LIMITS)).toEqual({
      code: "not_found",
      message: "model 'llama3' not found",
      retryAfterMs: 0,
    });
  });

  it("answers unavailable, with when to ask again, for a known model without live workers", () => {
    const refusal = refusalOf({ ...FACTS, hasLiveWorker: false }, LIMITS);
    expect(refusal).toMatchObject({ code: "unavailable", retryAfterMs: 5_000 });
  });

  it("answers unavailable, with whom it is about, when none of the live workers may have the job", () => {
    expect(refusalOf({ ...FACTS, hasAbleWorker: false }, LIMITS)).toEqual({
      code: "unavailable",
      message: "every worker that serves model 'llama3' at the moment is excluded from the job",
      retryAfterMs: 5_000,
    });
    expect(refusalOf({ ...FACTS, hasAbleWorker: false, needsSealing: true }, LIMITS)?.message).toMatch(
      /is excluded from the job, or takes no sealed prompts$/,
    );
    expect(refusalOf({ ...FACTS, hasAbleWorker: false, onlyWorkerId: "w" }, LIMITS)?.message).toMatch(
      "worker 'w', the only one that may have the job, does not serve model 'llama3'",
    );
  });

  it("answers resource_exhausted at an account's bound and unavailable at the total one", () => {
    expect(refusalOf({ ...FACTS, queuedOfAccount: 2, queuedTotal: 9 }, LIMITS)).toBeUndefined();
    expect(refusalOf({ ...FACTS, queuedOfAccount: 3 }, LIMITS)).toMatchObject({
      code: "resource_exhausted",
      retryAfterMs: 2_500,
    });
    expect(refusalOf({ ...FACTS, queuedTotal: 10 }, LIMITS)).toMatchObject({
      code: "unavailable",
      message: "the queue is full",
      retryAfterMs: 2_500,
    });
  });

  it("never refuses a job that a worker is idle for, nor one that was admitted before", () => {
    const full = { ...FACTS, queuedOfAccount: 3, queuedTotal: 10 };
    expect(refusalOf({ ...full, canStart: true }, LIMITS)).toBeUndefined();
    expect(refusalOf({ ...full, isReturning: true, hasLiveWorker: false }, LIMITS)).toBeUndefined();
  });
});
