import type { ActiveJob } from "./active-job.js";
import { DeadLeases } from "./dead-leases.js";

const HONEST = "honest";
const at = { requesterId: "r", workerId: HONEST, jobId: "job" };

function jobOf(...workerIds: readonly string[]): ActiveJob {
  // CAST: as much of a job as is asked here.
  return {
    ...{ requesterId: "r", spec: { jobId: "job" }, workerIds, lease: workerIds.length },
  } as unknown as ActiveJob;
}

describe("a report of a dead lease", () => {
  it("is of another's lease if another one had it, or nobody yet, while the job runs and after it", () => {
    const dead = new DeadLeases();
    const job = jobOf(HONEST, "other");
    const isOthers = (lease: number, known: ActiveJob | undefined) => dead.isOthers({ ...at, lease }, known);
    expect([1, 2, 3, 0].map((lease) => isOthers(lease, job))).toEqual([false, true, true, true]);
    expect(isOthers(2, undefined)).toBe(false);
    dead.ended(job);
    expect([1, 2, 3].map((lease) => isOthers(lease, undefined))).toEqual([false, true, true]);
    expect(dead.isOthers({ ...at, requesterId: "another address", lease: 2 }, undefined)).toBe(false);
  });

  it("is told by its number also where the first one has another than 1", () => {
    const dead = new DeadLeases();
    // CAST: as above.
    const begun = { ...jobOf("other", HONEST), lease: 3 } as unknown as ActiveJob;
    dead.ended(begun);
    for (const known of [begun, undefined])
      expect([1, 2, 3, 4].map((lease) => dead.isOthers({ ...at, lease }, known))).toEqual([
        true,
        true,
        false,
        true,
      ]);
  });

  it("counts against who is told to stop for the eleventh time, a second or more apart", () => {
    const dead = new DeadLeases();
    dead.ended(jobOf(HONEST));
    const told = (nowMs: number) => dead.told({ ...at, lease: 1 }, undefined, nowMs);
    for (let second = 0; second < 10; second++)
      for (const part of [0, 300, 900]) expect(told(second * 1_000 + part)).toBe(false);
    expect(told(10_000)).toBe(true);
    expect(told(10_100)).toBe(false);
    expect(told(90_000)).toBe(false);
  });
});
