import { ticketConsumer } from "@flock/proto";
import { WorkerState } from "@flock/proto/workers";
import fc from "fast-check";
import { PullAdmission, type PullAdmissionOptions } from "./pull-admission.js";
import { Registry } from "./registry.js";

const DIGEST = "a".repeat(64);
const MODELS = ["m:latest", "n:latest"];
const [M = "", N = ""] = MODELS.map((model) => ticketConsumer(model));
const LIMITS = {
  ...{ workersMax: 10, breakersMax: 10, failuresMax: 1, openMinMs: 3_000, openMaxMs: 60_000 },
  lossWindowMs: 5_000,
};
const WAIT_MS = 5_000;

function registryWith(slotCount: number, isBridged = false): Registry {
  const registry = new Registry(LIMITS, () => ({ digest: DIGEST, contextLength: 1 }));
  const served = (name: string) => ({ name, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 1 });
  const models = new Map(MODELS.map((name) => [name, served(name)]));
  const constants = {
    startedUnixMs: 1,
    state: WorkerState.READY,
    active: [],
    intervalMs: 1_000,
    hardware: 0,
    engine: "",
  };
  registry.hear({ workerId: "w", slotCount, models, isBridged, ...constants }, 0);
  return registry;
}

function shutOutBy(changes: Partial<PullAdmissionOptions["shutOut"]> = {}): PullAdmissionOptions["shutOut"] {
  return { isBanned: () => false, isConvicted: () => false, cutOffForMs: () => 0, ...changes };
}

function admissionOf(registry: Registry, changes: Partial<PullAdmissionOptions> = {}): PullAdmission {
  const open = { shutOut: shutOutBy(), hasConsumer: () => true, hasJobNaming: () => false, workersMax: 10 };
  return new PullAdmission({ registry, ...open, ...changes });
}

/** Pulls passed of so many at once. */
function passedOf(admission: PullAdmission, count: number, nowMs: number, consumer = M): number {
  let passed = 0;
  for (let pull = 0; pull < count; pull++)
    if (admission.decide("w", consumer, nowMs).kind === "passed") passed += 1;
  return passed;
}

describe("PullAdmission", () => {
  it("passes the pulls of a worker that is admitted for the model", () => {
    expect(admissionOf(registryWith(1)).decide("w", M, 0)).toEqual({ kind: "passed" });
  });

  it.each<[string, string, PullAdmission, string]>([
    ["a worker that is not known", "x", admissionOf(registryWith(1)), "unknown_worker"],
    [
      "a banned one",
      "w",
      admissionOf(registryWith(1), { shutOut: shutOutBy({ isBanned: (id) => id === "w" }) }),
      "banned",
    ],
    [
      "one that was convicted",
      "w",
      admissionOf(registryWith(1), { shutOut: shutOutBy({ isConvicted: (id) => id === "w" }) }),
      "convicted",
    ],
    [
      "one that is cut off",
      "w",
      admissionOf(registryWith(1), { shutOut: shutOutBy({ cutOffForMs: () => 3_600_000 }) }),
      "cut_off",
    ],
    ["one of the other lane", "w", admissionOf(registryWith(1, true)), "other_model"],
    [
      "a consumer that is not there",
      "w",
      admissionOf(registryWith(1), { hasConsumer: () => false }),
      "not_ready",
    ],
  ])("refuses %s", (_, workerId, admission, reason) => {
    expect(admission.decide(workerId, M, 0)).toMatchObject({ kind: "refused", reason });
  });

  it("refuses a worker that takes no jobs, or is not admitted for the model", () => {
    const other = admissionOf(registryWith(1));
    expect(other.decide("w", ticketConsumer("o:latest"), 0)).toMatchObject({ reason: "other_model" });
    const silent = registryWith(1);
    const worker = silent.find("w");
    if (worker) worker.isSuspect = true;
    expect(admissionOf(silent).decide("w", M, 0)).toMatchObject({ reason: "not_taking" });
  });

  it("passes those of a quarantined worker only while a job of that model waits that names it", () => {
    const registry = registryWith(1);
    const worker = registry.find("w");
    if (worker) worker.isQuarantined = true;
    const refused = { kind: "refused", reason: "quarantined", retryAfterMs: 1_000 };
    expect(admissionOf(registry).decide("w", M, 0)).toEqual(refused);
    const hasJobNaming = (workerId: string, model: string) => workerId === "w" && model === MODELS[0];
    const named = admissionOf(registry, { hasJobNaming });
    expect([named.decide("w", M, 0), named.decide("w", N, 0)]).toEqual([{ kind: "passed" }, refused]);
  });

  it("tells one that is kept out to come again after a minute, or after ten at most", () => {
    const until = (shutOut: PullAdmissionOptions["shutOut"]) =>
      admissionOf(registryWith(1), { shutOut }).decide("w", M, 0);
    expect(until(shutOutBy({ isBanned: () => true }))).toMatchObject({ retryAfterMs: 60_000 });
    expect(until(shutOutBy({ cutOffForMs: () => 3_600_000 }))).toMatchObject({
      retryAfterMs: 600_000,
    });
    expect(until(shutOutBy({ cutOffForMs: () => 1_234.5 }))).toMatchObject({
      retryAfterMs: 1_235,
    });
  });

  it("passes no more to one that pulls for its models in turn", () => {
    const admission = admissionOf(registryWith(1));
    expect([M, N, M, N].map((consumer) => passedOf(admission, 100, 0, consumer))).toEqual([7, 7, 0, 0]);
  });

  it("counts on no more claims at once than a worker can have on their way, however many slots it has", () => {
    const registry = registryWith(1_000);
    registry.judge("w", "succeeded", 0);
    expect(passedOf(admissionOf(registry), 1_000, 0)).toBe(2 * 16 + 4 + 128);
  });

  it("refuses a worker whose breaker is open for as long as it is, and passes its probe", () => {
    const registry = registryWith(1);
    const admission = admissionOf(registry);
    registry.judge("w", "failed", 1_000);
    expect(admission.decide("w", M, 1_500)).toEqual({
      kind: "refused",
      reason: "breaker_open",
      retryAfterMs: 2_500,
    });
    expect(admission.decide("w", M, 4_000)).toEqual({ kind: "passed" });
  });

  it("never refuses a worker that keeps a pull of each model per slot, makes them anew when they have waited, and one of each after each job", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 300 }),
        (slots, gapsMs) => {
          const admission = admissionOf(registryWith(slots));
          let nowMs = 0;
          let renewAtMs = 0;
          for (const gapMs of gapsMs) {
            if (nowMs >= renewAtMs) {
              for (const consumer of [M, N]) expect(passedOf(admission, slots, nowMs, consumer)).toBe(slots);
              renewAtMs = nowMs + WAIT_MS;
            }
            admission.granted("w");
            for (const consumer of [M, N]) expect(passedOf(admission, 1, nowMs, consumer)).toBe(1);
            nowMs += gapMs;
          }
        },
      ),
    );
  });

  it("passes no more than its bound in the time that a pull waits, however a worker pulls", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 500 })), {
          maxLength: 60,
        }),
        (slots, bursts) => {
          const admission = admissionOf(registryWith(slots));
          const passed: { atMs: number; count: number }[] = [];
          let nowMs = 0;
          for (const [gapMs, count] of bursts) {
            nowMs += gapMs;
            passed.push({ atMs: nowMs, count: passedOf(admission, count, nowMs) });
            const inWindow = passed.filter(({ atMs }) => atMs > nowMs - WAIT_MS);
            const waiting = inWindow.reduce((sum, one) => sum + one.count, 0);
            // One that has not done a job yet may have eight.
            expect(waiting).toBeLessThanOrEqual(12 * Math.min(slots, 16) + 14 + Math.min(slots, 8));
          }
        },
      ),
    );
  });

  it("never refuses a worker that claims as many jobs as it may have before any grant is told of", () => {
    const registry = registryWith(1_000);
    registry.judge("w", "succeeded", 0);
    const admission = admissionOf(registry);
    expect(passedOf(admission, 16, 0)).toBe(16);
    for (let round = 0; round < 50; round++) {
      expect(passedOf(admission, 128, 0)).toBe(128);
      for (let job = 0; job < 128; job++) admission.granted("w");
    }
  });

  it("says when to come again, and passes the pull then", () => {
    const admission = admissionOf(registryWith(1));
    expect(passedOf(admission, 7, 0)).toBe(7);
    expect(admission.decide("w", M, 0)).toEqual({ kind: "refused", reason: "too_many", retryAfterMs: 250 });
    expect(admission.decide("w", M, 250)).toEqual({ kind: "passed" });
    // Another model's pulls are counted for themselves.
    expect(admission.decide("w", N, 0)).toEqual({ kind: "passed" });
  });

  it("answers a flood of pulls only so often, known or not", () => {
    for (const workerId of ["w", "unknown"]) {
      const admission = admissionOf(registryWith(1));
      const kinds = Array.from({ length: 10_000 }, () => admission.decide(workerId, M, 0).kind);
      expect(kinds.filter((kind) => kind === "refused").length).toBe(512);
      expect(kinds.at(-1)).toBe("ignored");
      expect(admission.decide(workerId, M, 1_000).kind).not.toBe("ignored");
    }
  });

  it("gives nothing back to a worker that leaves and comes again", () => {
    const first = registryWith(1);
    const registries = [first, registryWith(1)];
    const admission = admissionOf(first, { registry: { find: (id) => registries[0]?.find(id) } });
    expect(passedOf(admission, 100, 0)).toBe(7);
    registries.shift();
    expect(passedOf(admission, 100, 0)).toBe(0);
  });
});
