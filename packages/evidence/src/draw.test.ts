import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { dayKeySha256, drawCuts, drawReferees, isDrawn } from "./draw.js";

const key = new Uint8Array(32).fill(7);
const job = { jobId: "a-job", outputSha256: new Uint8Array(32).fill(1) };

describe("draws", () => {
  it("draw a job by HMAC-SHA-256 of its id, as the documentation says", () => {
    const digest = createHmac("sha256", key).update("flock/draw/v1 job a-job 0").digest();
    const rate = Math.ceil((digest.readUIntBE(0, 6) / 2 ** 48) * 10_000);
    expect([isDrawn(key, "a-job", rate + 1), isDrawn(key, "a-job", rate - 1)]).toEqual([true, false]);
    expect(dayKeySha256(key)).toEqual(Uint8Array.from(createHash("sha256").update(key).digest()));
  });

  it("draw as many jobs as the rate says", () => {
    const drawn = Array.from({ length: 20_000 }, (_, index) => isDrawn(key, `job ${index}`, 500));
    expect(drawn.filter(Boolean).length).toBeGreaterThan(900);
    expect(drawn.filter(Boolean).length).toBeLessThan(1_100);
  });

  it("draw all jobs at the full rate and none at nothing", () => {
    fc.assert(
      fc.property(fc.uuid(), (jobId) => {
        expect([isDrawn(key, jobId, 10_000), isDrawn(key, jobId, 0), isDrawn(key, jobId, -5)]).toEqual([
          true,
          false,
          false,
        ]);
      }),
    );
  });

  it("draw places in ascending order, each once, and others for another answer or key", () => {
    const candidates = Array.from({ length: 200 }, (_, index) => 3 * index);
    const cuts = drawCuts(key, job, candidates, 8);
    expect(cuts).toHaveLength(8);
    expect(cuts).toEqual([...new Set(cuts)].sort((a, b) => a - b));
    expect(drawCuts(key, job, candidates, 8)).toEqual(cuts);
    expect(drawCuts(key, { ...job, outputSha256: new Uint8Array(32) }, candidates, 8)).not.toEqual(cuts);
    expect(drawCuts(new Uint8Array(32), job, candidates, 8)).not.toEqual(cuts);
    expect(drawCuts(key, job, [4, 9], 8)).toEqual([4, 9]);
  });

  it("draw each place as often as any other", () => {
    const counts = new Map<number, number>();
    for (let index = 0; index < 6_000; index++)
      for (const cut of drawCuts(key, { ...job, jobId: `job ${index}` }, [0, 1, 2, 3, 4, 5], 2))
        counts.set(cut, (counts.get(cut) ?? 0) + 1);
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it("draw the same referees whatever order they are listed in, and others in another round", () => {
    const ids = Array.from({ length: 30 }, (_, index) => `worker-${index}`);
    const drawn = drawReferees(key, { jobId: "a", round: 0 }, ids, 3);
    expect(drawReferees(key, { jobId: "a", round: 0 }, [...ids].reverse(), 3)).toEqual(drawn);
    expect(drawReferees(key, { jobId: "a", round: 1 }, ids, 3)).not.toEqual(drawn);
    expect(drawReferees(key, { jobId: "a", round: 0 }, ["x", "x"], 3)).toEqual(["x"]);
  });
});
