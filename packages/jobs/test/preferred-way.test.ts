import { FlockError } from "@flock/errors";
import { ClaimRefusal, Outcome } from "@flock/proto/jobs";
import { JobUnderTest, jobSpec, LIMITS, WORKERS } from "./job-rig.js";

/* What a job's caller may prefer of its way: how long it waits, when it is paid for, who has it. */

const unavailable = new FlockError("unavailable", "no worker serves the model");

describe("a job that waits for no longer than it is told", () => {
  const patient = () => new JobUnderTest(jobSpec({ queueMaxMs: 1_000 }));

  it("ends when it has waited for so long, with what the router had expected, and may do with another model", () => {
    const test = patient();
    test.job.routed({ routerId: "router", etaMs: 700 }, test.nowMs);
    test.pass(1_000);
    expect(test.job.phase).toBe("waiting");
    test.pass(1);
    const message =
      "no worker for model 'fake:latest' was free within the 1000 ms that the request waits: " +
      "one had been expected in about 700 ms";
    const error = { code: "unavailable", message, retry: { afterMs: 1_000 } };
    expect(test.ends).toMatchObject([{ outcome: "failed", error, isUnplaced: true, leases: 0 }]);
  });

  it("has time to reach a worker that is free for it, however little it is to wait", () => {
    const test = new JobUnderTest(jobSpec({ queueMaxMs: 0 }));
    test.pass(LIMITS.handoverMs);
    test.job.routed({ routerId: "router", etaMs: 0 }, test.nowMs);
    expect(test.lease().number).toBe(1);
    const late = new JobUnderTest(jobSpec({ queueMaxMs: 0 }));
    late.pass(LIMITS.handoverMs + 1);
    expect(late.ends).toMatchObject([{ error: { code: "unavailable" }, isUnplaced: true }]);
  });

  it("tells routers how much of it is left, and nothing once a worker has had it", () => {
    const test = patient();
    test.nowMs = 400;
    expect(test.job.route(test.nowMs).queueMaxMs).toBe(600);
    test.final(test.lease(), Outcome.RETURNED);
    expect(test.job.route(test.nowMs).queueMaxMs).toBeUndefined();
    test.pass(2_000);
    expect(test.job.phase).toBe("waiting");
  });

  it("does not go on with another model once a worker has had it", () => {
    const test = patient();
    test.final(test.lease(), Outcome.RETURNED);
    test.nowMs += LIMITS.failoverTimeoutMs;
    test.job.routeRefused(unavailable, test.nowMs);
    expect(test.ends).toMatchObject([{ outcome: "failed", error: unavailable }]);
    expect(test.ends[0]?.isUnplaced).toBeUndefined();
  });
});

describe("a job whose hold is late", () => {
  const late = () => {
    const { payer } = jobSpec();
    if (payer.kind !== "client") throw new Error("a client pays");
    return new JobUnderTest(jobSpec({ payer: { ...payer, holdLate: true } }));
  };

  it("ends at once, and untold, if no worker has had it: there is no hold to release", () => {
    const test = late();
    expect(test.job.hold).toBe("unasked");
    test.job.routeRefused(unavailable, test.nowMs);
    expect([test.job.phase, test.ends.length, test.failed, test.completed]).toEqual(["ended", 1, [], []]);
  });

  it("has it pending from its first lease on, and delivers nothing before it is granted", () => {
    const test = late();
    const lease = test.lease();
    expect(test.job.hold).toBe("pending");
    test.chunk(lease, "Once ");
    expect(test.text).toBe("");
    test.job.holdGranted({ completionTokensMax: 1_000 }, test.nowMs);
    expect(test.text).toBe("Once ");
  });
});

describe("a job that only some workers are to have", () => {
  it("is refused to those that its caller does not accept, also if they were not there to be named", () => {
    const refusedId = WORKERS[0]?.id;
    const test = new JobUnderTest(jobSpec({ acceptsWorker: (workerId) => workerId !== refusedId }));
    expect(test.claim(0)).toBe(ClaimRefusal.EXCLUDED);
    expect(test.lease(1).number).toBe(1);
  });

  it("is granted to none that offers no key, if it is to be sealed", () => {
    const test = new JobUnderTest(jobSpec({ privacyMin: "sealed-to-worker" }));
    expect(test.claim(0)).toBe(ClaimRefusal.EXCLUDED);
  });
});
