import { readAckSubject } from "./ack-subject.js";

describe("readAckSubject", () => {
  it("reads both forms of a delivery from JOBS", () => {
    const named = { consumer: "m", sequence: 42 };
    expect(readAckSubject("$JS.ACK.JOBS.m.1.42.7.1700000000.0")).toEqual(named);
    expect(readAckSubject("$JS.ACK._.hash.JOBS.m.1.42.7.1700000000.0.rnd")).toEqual(named);
  });

  it.each([
    ["another stream", "$JS.ACK.EVENTS.m.1.42.7.1700000000.0"],
    ["a wildcard", "$JS.ACK.JOBS.m.1.42.7.*.0"],
    ["a line break", "$JS.ACK.JOBS.m.1.42.7.1\r\nPUB x 0.0"],
    ["a space", "$JS.ACK.JOBS.m.1.42.7.1 1.0"],
    ["an empty token at its end", "$JS.ACK.JOBS.m.1.42.7.1700000000."],
    ["an empty token inside", "$JS.ACK.JOBS.m..42.7.1700000000.0"],
    ["another subject", "evt.inference.completed"],
    ["too long a one", `$JS.ACK.JOBS.m.1.42.7.${"1".repeat(600)}.0`],
    ["nothing", ""],
  ])("refuses %s", (_, subject) => {
    expect(readAckSubject(subject)).toBeUndefined();
  });
});
