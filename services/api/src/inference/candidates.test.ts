import { FlockError } from "@flock/errors";
import { Candidates } from "./candidates.js";

const refusals: Record<string, FlockError> = {
  unknown: new FlockError("not_found", "model 'unknown' not found"),
  dear: new FlockError("failed_precondition", "model 'dear' costs more"),
  busy: new FlockError("unavailable", "model 'busy' has a queue", { retry: { afterMs: 3_000 } }),
  away: new FlockError("unavailable", "model 'away' has no worker", { retry: { afterMs: 5_000 } }),
};

function candidates(...names: readonly string[]): Candidates<string> {
  return new Candidates(names, (name) => {
    const refusal = refusals[name];
    if (refusal !== undefined) throw refusal;
    return name;
  });
}

describe("the models of a request", () => {
  it("are tried in order, without those that cannot answer", () => {
    const models = candidates("unknown", "first", "dear", "second");
    expect([models.next(), models.hasMore, models.next(), models.hasMore]).toEqual([
      ...["first", true],
      ...["second", false],
    ]);
  });

  it("are refused with the one's own error if there is one alone", () => {
    expect(() => candidates("dear").next()).toThrow(refusals["dear"]);
  });

  it("are refused with what each was refused for, as what helps to come back for soonest", () => {
    const models = candidates("dear", "able", "busy", "away", "dear");
    models.next();
    models.refuse(new FlockError("unavailable", "no worker takes 'able'", { retry: { afterMs: 4_000 } }));
    expect(() => models.next()).toThrow(
      expect.objectContaining({
        code: "unavailable",
        message:
          "none of the models can answer: model 'dear' costs more; no worker takes 'able'; " +
          "model 'busy' has a queue; model 'away' has no worker",
        retry: { afterMs: 3_000 },
      }),
    );
  });

  it("are refused as the first one was if it does not help to come back", () => {
    expect(() => candidates("unknown", "dear").next()).toThrow(
      expect.objectContaining({ code: "not_found", retry: "never" }),
    );
  });
});
