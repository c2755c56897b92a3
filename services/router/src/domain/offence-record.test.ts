import { Offence, type OffenceRecord } from "@flock/proto/workers";
import { type OffenceLimits, withOffences } from "./offence-record.js";

const LIMITS: OffenceLimits = { offencesMax: 5, windowMs: 1_000, cutOffMinMs: 100, cutOffMaxMs: 10_000 };

function caught(count: number, offence = Offence.MALFORMED): ReadonlyMap<Offence, number> {
  return new Map([[offence, count]]);
}

describe("a record of offences", () => {
  it("counts each kind, with its first and last time", () => {
    const first = withOffences(undefined, caught(2), 1_000, LIMITS);
    const second = withOffences(first, caught(1, Offence.FLOOD), 1_100, LIMITS);
    const third = withOffences(second, caught(1), 1_200, LIMITS);
    expect(third.counts).toEqual([
      { offence: Offence.MALFORMED, count: 3, firstUnixMs: 1_000, lastUnixMs: 1_200 },
      { offence: Offence.FLOOD, count: 1, firstUnixMs: 1_100, lastUnixMs: 1_100 },
    ]);
    expect(third).toMatchObject({ recent: 4, cutOffUntilUnixMs: 0, timesCutOff: 0 });
  });

  it("cuts off who collects too many within the window, each time for four times as long", () => {
    let record: OffenceRecord | undefined;
    const lengths: number[] = [];
    let nowMs = 1_000;
    for (let time = 0; time < 6; time++) {
      record = withOffences(record, caught(5), nowMs, LIMITS);
      lengths.push(record.cutOffUntilUnixMs - nowMs);
      nowMs = record.cutOffUntilUnixMs + 1;
    }
    expect(lengths).toEqual([100, 400, 1_600, 6_400, 10_000, 10_000]);
  });

  it("cuts nobody off for as many that are further apart", () => {
    let record: OffenceRecord | undefined;
    for (let time = 1; time <= 20; time++) record = withOffences(record, caught(4), time * 1_001, LIMITS);
    expect(record).toMatchObject({ timesCutOff: 0, counts: [{ count: 80 }] });
  });

  it("begins a window with the first offence in it, and ends it whatever clock that was counted by", () => {
    let record: OffenceRecord | undefined;
    for (let time = 1; time <= 20; time++) record = withOffences(record, caught(1), time * 260, LIMITS);
    expect(record?.timesCutOff).toBe(0);
    record = withOffences(undefined, caught(4), 1_000_000, LIMITS);
    expect(withOffences(record, caught(1), 999_500, LIMITS)).toMatchObject({ timesCutOff: 1 });
    expect(withOffences(record, caught(1), 5_000, LIMITS)).toMatchObject({ recent: 1, timesCutOff: 0 });
  });

  it("lengthens nothing by what was on its way when its worker was cut off", () => {
    const cut = withOffences(undefined, caught(9), 1_000, LIMITS);
    const later = withOffences(cut, caught(500), 1_050, LIMITS);
    expect(later).toMatchObject({ cutOffUntilUnixMs: 1_100, timesCutOff: 1, counts: [{ count: 509 }] });
  });
});
