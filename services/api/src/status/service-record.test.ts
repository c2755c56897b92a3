import fc from "fast-check";
import {
  type Incident,
  newRecord,
  type Observation,
  type SampledRecord,
  type ServiceRecord,
  sampled,
} from "./service-record.js";

const SECOND = 1_000;
const FAULT = { note: "its streams do not answer", effect: "requests may wait" };

interface Step extends SampledRecord {
  readonly atMs: number;
}

/** Samples, a second apart, from second 1 on. */
function after(samples: readonly (Observation | undefined)[]): Step[] {
  let record: ServiceRecord = newRecord("ledger", 0);
  let ids = 0;
  return samples.map((seen, index) => {
    const atMs = (index + 1) * SECOND;
    const how = {
      effectOf: (service: string, state: string) => `${service} ${state}`,
      newId: () => {
        ids += 1;
        return `incident-${ids}`;
      },
    };
    const step = sampled(record, seen, atMs, how);
    record = step.record;
    return { ...step, atMs };
  });
}

const up = (instances: number): Observation => ({ instances });
const times = (count: number, seen: Observation | undefined) => Array.from({ length: count }, () => seen);
const statesOf = (samples: readonly (Observation | undefined)[]) =>
  after(samples).map(({ record }) => record.state);

describe("the state of a service", () => {
  it.each<[string, readonly (Observation | undefined)[], readonly string[]]>([
    ["that answers is ok", [up(1), up(1)], ["ok", "ok"]],
    ["that was never seen is unknown", [up(0), up(0), up(1), up(0)], ["unknown", "unknown", "ok", "down"]],
    ["of which an instance has gone is degraded", [up(2), up(1), up(2)], ["ok", "degraded", "ok"]],
    ["of which there is none is down", [up(2), up(0)], ["ok", "down"]],
    ["that nobody could look at is unknown", [up(1), undefined, up(1)], ["ok", "unknown", "ok"]],
    ["that answers with a fault is degraded", [up(1), { instances: 1, fault: FAULT }], ["ok", "degraded"]],
    ["that has more instances than before is ok", [up(1), up(3), up(2)], ["ok", "ok", "degraded"]],
  ])("%s", (_name, samples, states) => {
    expect(statesOf(samples)).toEqual(states);
  });

  it("is ok again with fewer instances once that has been so for ten samples; with none it never is", () => {
    expect(statesOf([up(3), ...times(11, up(2))]).slice(-2)).toEqual(["degraded", "ok"]);
    expect(statesOf([up(3), ...times(11, up(2)), up(1)]).at(-1)).toBe("degraded");
    expect(statesOf([up(1), ...times(30, up(0))]).at(-1)).toBe("down");
  });

  it("says since when and why it is so", () => {
    const [, , , last] = after([up(2), up(1), up(1), up(1)]);
    expect(last?.record).toMatchObject({
      sinceMs: 2 * SECOND,
      note: "1 of 2 instances answer",
      instances: 1,
    });
    const [, faulty] = after([up(1), { instances: 1, fault: FAULT }]);
    expect(faulty?.record.note).toBe(FAULT.note);
  });
});

/** What has become of each incident. */
function incidentsOf(steps: readonly Step[]): Incident[] {
  const found = new Map<string, Incident>();
  for (const { incident } of steps) if (incident !== undefined) found.set(incident.id, incident);
  return [...found.values()];
}

describe("an incident", () => {
  it.each<[string, readonly (Observation | undefined)[], readonly Partial<Incident>[]]>([
    ["is not made by one failed sample", [up(1), up(0), up(1), up(0), up(1)], []],
    [
      "begins with the first of two",
      [up(1), up(0), up(0)],
      [{ beganMs: 2_000, endedMs: undefined, worst: "down" }],
    ],
    [
      "is not over after one good sample",
      [up(1), up(0), up(0), up(1), up(0)],
      [{ beganMs: 2_000, endedMs: undefined }],
    ],
    [
      "is over since the first of two",
      [up(1), up(0), up(0), up(1), up(1)],
      [{ beganMs: 2_000, endedMs: 4_000 }],
    ],
    [
      "gets worse, and no better",
      [up(2), up(1), up(1), up(0), up(1)],
      [{ worst: "down", effect: "ledger down" }],
    ],
    ["is known through samples that saw nothing", [up(1), up(0), undefined, up(0)], [{ beganMs: 2_000 }]],
    [
      "goes on through samples that saw nothing",
      [up(1), up(0), up(0), undefined, undefined],
      [{ endedMs: undefined }],
    ],
    [
      "says what users notice of a fault",
      [up(1), ...times(2, { instances: 1, fault: FAULT })],
      [{ worst: "degraded", effect: FAULT.effect }],
    ],
    [
      "is followed by another one",
      [up(1), ...times(2, up(0)), ...times(2, up(1)), ...times(2, up(0))],
      [{ endedMs: 4_000 }, { beganMs: 6_000, endedMs: undefined }],
    ],
  ])("%s", (_name, samples, incidents) => {
    const found = incidentsOf(after(samples));
    expect(found).toHaveLength(incidents.length);
    expect(found).toMatchObject(incidents);
  });

  it("is never more than one at a time, and never without two samples of its kind in a row", () => {
    const observation = fc.oneof(
      fc.constant(undefined),
      fc.integer({ min: 0, max: 3 }).map(up),
      fc.constant({ instances: 1, fault: FAULT }),
    );
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 60 }), (samples) => {
        const steps = after(samples);
        const seen = steps.filter(({ record }) => record.state !== "unknown");
        for (const { beganMs, endedMs } of incidentsOf(steps)) {
          const from = (ms: number) => seen.slice(seen.findIndex(({ atMs }) => atMs === ms)).slice(0, 2);
          const isFailed = ({ record }: Step) => record.state === "down" || record.state === "degraded";
          expect(from(beganMs).map(isFailed)).toEqual([true, true]);
          if (endedMs !== undefined) expect(from(endedMs).map(isFailed)).toEqual([false, false]);
        }
        const spans = incidentsOf(steps).map(({ beganMs, endedMs = Number.POSITIVE_INFINITY }) => [
          beganMs,
          endedMs,
        ]);
        for (const [index, [began = 0]] of spans.entries())
          expect(began).toBeGreaterThanOrEqual(spans[index - 1]?.[1] ?? 0);
        for (const { record } of seen) expect(record.state === "down").toBe(record.instances === 0);
      }),
    );
  });
});
