import fc from "fast-check";
import { type AccountHistory, type FairJob, FairQueue } from "./fair-queue.js";

const BOUND_MS = 30_000;
const NO_HISTORY: AccountHistory = { lastStart: () => 0, mayBeRescued: () => true };
const ANY = (): boolean => true;

function job(accountId: string, jobId: string, options: Partial<FairJob> = {}): FairJob {
  return { jobId, accountId, weight: 1, isReturning: false, ...options };
}

/** Starts `count` jobs in order and returns their ids. */
function startMany(queue: FairQueue<FairJob>, count: number, nowMs = 0): string[] {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const next = queue.next(nowMs, ANY)?.job;
    if (next === undefined) break;
    queue.start(next, nowMs);
    ids.push(next.jobId);
  }
  return ids;
}

function flood(queue: FairQueue<FairJob>, accountId: string, count: number, weight = 1): void {
  for (let i = 0; i < count; i++) queue.add(job(accountId, `${accountId}${i}`, { weight }), 0);
}

describe("FairQueue", () => {
  it("keeps the order of one account", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    flood(queue, "a", 3);
    expect(startMany(queue, 3)).toEqual(["a0", "a1", "a2"]);
  });

  it("starts another account's job next, however many the first has queued", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    flood(queue, "a", 200);
    startMany(queue, 3);
    queue.add(job("b", "b0"), 0);
    expect(startMany(queue, 1)).toEqual(["b0"]);
  });

  it("does so too when the first account's jobs have only just filled the slots", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    for (const id of ["a0", "a1"]) {
      queue.add(job("a", id), 0);
      startMany(queue, 1);
    }
    queue.add(job("a", "a2"), 0);
    queue.add(job("b", "b0"), 0);
    expect(startMany(queue, 2)).toEqual(["b0", "a2"]);
  });

  it("shares starts by weight", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    flood(queue, "light", 100, 1);
    flood(queue, "heavy", 100, 3);
    const started = startMany(queue, 40);
    expect(started.filter((id) => id.startsWith("heavy"))).toHaveLength(30);
  });

  it("starts returning jobs before the others of their account, and of their account only", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    flood(queue, "b", 2);
    flood(queue, "a", 2);
    queue.add(job("a", "back", { isReturning: true }), 0);
    expect(startMany(queue, 5)).toEqual(["b0", "back", "b1", "a0", "a1"]);
  });

  it("passes over jobs that cannot start, without holding up others of the same account", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    flood(queue, "a", 2);
    queue.add(job("b", "b0"), 0);
    expect(queue.next(0, (one) => one.jobId !== "a0")?.job.jobId).toBe("a1");
    expect(queue.next(0, (one) => one.accountId === "b")?.job.jobId).toBe("b0");
    expect(queue.next(0, () => false)).toBeUndefined();
  });

  it("starts an account first that has had nothing for longer than the bound, whatever its weight", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    flood(queue, "heavy", 100, 1_000);
    queue.add(job("light", "light0", { weight: 0.01 }), 0);
    queue.add(job("light", "light1", { weight: 0.01 }), 0);
    expect(startMany(queue, 2)).toEqual(["heavy0", "light0"]);
    expect(startMany(queue, 2, BOUND_MS)).toEqual(["heavy1", "heavy2"]);
    expect(startMany(queue, 3, BOUND_MS + 1)).toEqual(["light1", "heavy3", "heavy4"]);
  });

  it("does not call it starving when nobody else was started meanwhile", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    flood(queue, "a", 10);
    startMany(queue, 1);
    queue.add(job("b", "b0"), 0);
    expect(queue.next(40_000, ANY)).toMatchObject({ job: { jobId: "b0" }, isRescue: false });
  });

  it("breaks ties by who was served longest ago, of any model", () => {
    const lastStarts: Record<string, number> = { a: 5, b: 3, c: 4 };
    const history = { ...NO_HISTORY, lastStart: (id: string) => lastStarts[id] ?? 0 };
    const queue = new FairQueue(BOUND_MS, history);
    for (const account of ["a", "b", "c"]) flood(queue, account, 1);
    expect(startMany(queue, 3)).toEqual(["b0", "c0", "a0"]);
  });

  it("tells how many are ahead", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    flood(queue, "a", 4);
    const first = job("b", "b0");
    const second = job("b", "b1");
    queue.add(first, 0);
    queue.add(second, 0);
    expect([queue.aheadOf(first), queue.aheadOf(second)]).toEqual([0, 2]);
    expect(queue.aheadOf(job("b", "other"))).toBeUndefined();
  });

  it("forgets a removed job, once", () => {
    const queue = new FairQueue(BOUND_MS, NO_HISTORY);
    const only = job("a", "a0");
    queue.add(only, 0);
    expect([queue.remove(only), queue.remove(only), queue.size]).toEqual([true, false, 0]);
  });

  it("never lets an account that waits fall more than one job behind its share", () => {
    const accounts = ["a", "b", "c", "d"];
    const weights: Record<string, number> = { a: 1, b: 1, c: 2, d: 4 };
    const arrival = fc.record({ account: fc.constantFrom(...accounts), starts: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 120 }), (arrivals) => {
        const queue = new FairQueue<FairJob>(BOUND_MS, NO_HISTORY);
        let nextId = 0;
        for (const account of accounts) flood(queue, account, 200, weights[account]);
        const served: Record<string, number> = { a: 0, b: 0, c: 0, d: 0 };
        for (const { account, starts } of arrivals) {
          queue.add(job(account, `x${nextId++}`, { weight: weights[account] ?? 1 }), 0);
          for (let i = 0; i < starts; i++) {
            const next = queue.next(0, ANY)?.job;
            if (next === undefined) continue;
            queue.start(next, 0);
            served[next.accountId] = (served[next.accountId] ?? 0) + 1;
          }
          // All four are backlogged: |S_i/w_i - S_j/w_j| <= 1/w_i + 1/w_j (Goyal, Vin, Cheng 1996, theorem 1).
          for (const i of accounts) {
            for (const j of accounts) {
              const [wi, wj] = [weights[i] ?? 1, weights[j] ?? 1];
              const gap = Math.abs((served[i] ?? 0) / wi - (served[j] ?? 0) / wj);
              expect(gap).toBeLessThanOrEqual(1 / wi + 1 / wj + 1e-9);
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
