import { JobFigures } from "./job-figures.js";
import type { MeasuredJob } from "./measured-job.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW = 1_000 * HOUR_MS;
const M = "m:latest";

function job(workerId: string, agoMs: number, more: Partial<MeasuredJob> = {}): MeasuredJob {
  const measured = { waitMs: 100, firstTokenMs: 200, tokensPerSecond: 40 };
  return { model: M, workerId, endedUnixMs: NOW - agoMs, ...measured, ...more };
}

describe("the figures of ended jobs", () => {
  it("are of the last half hour, and of each hour of the last day", () => {
    const figures = new JobFigures(1);
    figures.add(job("a", 31 * MINUTE_MS, { waitMs: 9_000 }));
    figures.add(job("a", 0));
    figures.add(job("a", 25 * HOUR_MS, { waitMs: 70 }));
    figures.add(job("a", 29 * MINUTE_MS, { firstTokenMs: undefined }));
    const { waitMs, firstTokenMs, tokensPerSecond } = figures.recent(M, NOW);
    expect([waitMs?.n, firstTokenMs?.n, tokensPerSecond?.n]).toEqual([2, 1, 2]);
    expect(waitMs?.p90).toBeCloseTo(100, -1);
    const hours = figures.hours(M, NOW);
    expect(hours.map(({ beganUnixMs }) => beganUnixMs)).toEqual([NOW - HOUR_MS, NOW]);
    expect(hours[0]?.waitMs?.p90).toBeGreaterThan(8_500);
    expect(figures.recent(M, NOW + 31 * MINUTE_MS).waitMs).toBeNull();
    expect(figures.recent("another:latest", NOW).waitMs).toBeNull();
    expect(figures.hours("another:latest", NOW)).toEqual([]);
  });

  it("are told of three jobs by three workers, and not of fewer of either", () => {
    const figures = new JobFigures(3);
    const n = () => figures.recent(M, NOW).waitMs?.n;
    for (const minute of [1, 2, 3, 4]) figures.add(job("a", minute * MINUTE_MS));
    figures.add(job("b", 0));
    expect(n()).toBeUndefined();
    figures.add(job("c", 0, { tokensPerSecond: undefined }));
    // Whole groups of them.
    expect(n()).toBe(6);
    figures.add(job("c", 0));
    expect(n()).toBe(6);
    // Three jobs of this hour, by two workers.
    expect(figures.hours(M, NOW)).toEqual([]);
    figures.add(job("a", 0));
    expect(figures.hours(M, NOW).map(({ waitMs }) => waitMs?.n)).toEqual([3]);
  });

  it("forget the models of which nothing was heard for longest", () => {
    const figures = new JobFigures(1);
    figures.add(job("a", 0));
    for (let index = 0; index < 2_000; index++) figures.add(job("a", 0, { model: `m${index}:latest` }));
    expect(figures.recent(M, NOW).waitMs).toBeNull();
    expect(figures.recent("m1999:latest", NOW).waitMs?.n).toBe(1);
  });
});
