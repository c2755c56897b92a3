import { NoJobReason } from "@flock/proto/router";
import { NoJobMinutes } from "./no-job-minutes.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const { NO_DEMAND, PAUSED, NOT_ADMITTED } = NoJobReason;

describe("the minutes of a worker without jobs", () => {
  it("add up by reason", () => {
    const minutes = new NoJobMinutes();
    expect(minutes.totals(0)).toEqual(new Map());
    for (let ms = 0; ms < 10 * MINUTE; ms += SECOND) minutes.add(ms < MINUTE ? PAUSED : NO_DEMAND, ms);
    minutes.add(NOT_ADMITTED, 10 * MINUTE);
    expect(minutes.totals(10 * MINUTE)).toEqual(
      new Map([
        [PAUSED, 60],
        [NO_DEMAND, 540],
        [NOT_ADMITTED, 1],
      ]),
    );
  });

  it("are those of the last hour, and never more", () => {
    const minutes = new NoJobMinutes();
    let nowMs = 12_345_678;
    const end = nowMs + 3 * HOUR;
    for (; nowMs < end; nowMs += SECOND) minutes.add(NO_DEMAND, nowMs);
    const seconds = minutes.totals(nowMs).get(NO_DEMAND) ?? 0;
    // The minute that has begun is not whole.
    expect(seconds).toBeGreaterThan(3_540);
    expect(seconds).toBeLessThanOrEqual(3_600);
  });

  it("have no more seconds than a minute has, however often they are counted", () => {
    const minutes = new NoJobMinutes();
    for (let times = 0; times < 1_000; times += 1) minutes.add(PAUSED, 0);
    expect(minutes.totals(0)).toEqual(new Map([[PAUSED, 61]]));
  });

  it("are forgotten one by one, also where nobody looked for hours", () => {
    const minutes = new NoJobMinutes();
    minutes.add(PAUSED, 0);
    minutes.add(NO_DEMAND, MINUTE);
    expect(minutes.totals(HOUR - 1).size).toBe(2);
    expect(minutes.totals(HOUR)).toEqual(new Map([[NO_DEMAND, 1]]));
    expect(minutes.totals(HOUR + MINUTE)).toEqual(new Map());
    minutes.add(PAUSED, HOUR + MINUTE);
    expect(minutes.totals(100 * HOUR)).toEqual(new Map());
  });
});
