import { simulate, WHOLE } from "./simulate.js";
import { tables } from "./tables.js";
import { REFEREES } from "./worlds.js";

const SMALL = { ...WHOLE, honestWorkers: 60, honestJobs: 400, cheats: 60, cheatJobs: 200 };
const HONEST_REFEREES = REFEREES[0]?.name;

describe("the simulation", () => {
  const outcome = simulate(SMALL);

  it("convicts no honest worker in any world, whoever lies", () => {
    expect(outcome.honest.filter(({ convicted }) => convicted > 0)).toEqual([]);
  });

  it("quarantines no honest worker that is as was measured, whoever lies", () => {
    const measured = outcome.honest.filter(({ nature }) => nature.startsWith("as measured"));
    expect(measured).toHaveLength(REFEREES.length);
    expect(measured.filter(({ quarantined }) => quarantined > 0)).toEqual([]);
  });

  it("has all who serve another model in quarantine after some jobs, and convicted after some more", () => {
    const others = outcome.cheats.filter(
      ({ nature, referees }) => nature.startsWith("68 % (") && referees === HONEST_REFEREES,
    );
    expect(others).toMatchObject([{ toQuarantine: { median: 2, p95: 2 }, convicted: 1 }]);
    expect(others[0]?.toConviction.p95).toBeLessThanOrEqual(8);
  });

  it("gives the same outcome for the same seed, and another for another", () => {
    const again = { ...SMALL, honestWorkers: 20, cheats: 20 };
    expect(tables(simulate(again))).toBe(tables(simulate(again)));
    expect(tables(simulate({ ...again, seed: 1 }))).not.toBe(tables(simulate(again)));
  });
});
