import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { CATALOGUE, HONEST } from "../src/catalogue.js";
import { lives, quantile } from "../src/lives.js";
import { measured } from "../src/measure.js";
import { RealEngines } from "../src/real-engines.js";

/* Some cheats of the catalogue; `npm run cheats` has all of them. */

const SCALE = { jobs: 8, lives: 200, jobsMax: 100, seed: 1 };

describe("jobs that are really answered and read", () => {
  let directory: TestDirectory;
  let engines: RealEngines;
  beforeAll(async () => {
    directory = await createTestDirectory();
    engines = await RealEngines.start(directory.path);
  });
  afterAll(async () => {
    await engines?.stop();
    await directory?.remove();
  });

  it("never have an honest worker quarantined whose referee's engine has other settings", async () => {
    const { evidence, misses } = await measured(HONEST, engines, SCALE);
    expect(misses).toBe(0);
    expect(lives(evidence, { ...SCALE, count: SCALE.lives }).quarantined).toBe(0);
  });

  it.each(["canned", "smaller model"])("find out in time: %s", async (name) => {
    const entry = CATALOGUE.find(({ cheat }) => cheat.name === name);
    const { evidence } = await measured(entry?.cheat ?? HONEST, engines, SCALE);
    const lived = lives(evidence, { ...SCALE, count: SCALE.lives });
    expect(lived.quarantined).toBe(SCALE.lives);
    expect(quantile(lived.toQuarantine, SCALE.lives, 0.95)).toBeLessThanOrEqual(entry?.jobsMax ?? 0);
  });
});
