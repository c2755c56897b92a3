import { runIdOf } from "./run-id.js";

const RUN = { jobId: "job", kind: "token", offset: 5, seat: 0, question: 0 } as const;

describe("the id of a referee's run", () => {
  it("is a UUID, and the same whenever it is asked for", () => {
    expect(runIdOf(RUN)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(runIdOf({ ...RUN })).toBe(runIdOf(RUN));
  });

  it("is another one for another job, place, seat or question", () => {
    const others = [
      { jobId: "other" },
      { kind: "end" as const },
      { offset: 6 },
      { seat: 1 },
      { question: 1 },
    ];
    const ids = [RUN, ...others.map((other) => ({ ...RUN, ...other }))].map(runIdOf);
    expect(new Set(ids).size).toBe(6);
  });
});
