import { createEngine, type Engine } from "@flock/engine";
import { calibrationPrompt } from "../src/calibration/prompts.js";
import { runHere } from "./run-here.js";

/* Real engines: one answers, the other reads. */

describe("flock calibrate", () => {
  const engines: Engine[] = [];
  const urls: string[] = [];
  beforeAll(async () => {
    for (const options of [{ sequences: 2 }, { sequences: 4 }]) {
      const engine = await createEngine(options);
      engines.push(engine);
      urls.push((await engine.listen({ host: "127.0.0.1", port: 0 })).url);
    }
  });
  afterAll(() => Promise.all(engines.map((engine) => engine.close())));

  const calibrate = (...more: string[]) =>
    runHere(
      [
        ...["calibrate", "--model", "flock-tiny", "--worker-ollama", urls[0] ?? ""],
        ...["--referee-ollama", urls[1] ?? "", ...more],
      ],
      {},
    );

  it("prints the cell of the answering engine, as the verifier is given it", async () => {
    const { code, stdout } = await calibrate("--prompts", "2", "--json");
    expect(code).toBe(0);
    const { cells, measured, miss_ppm } = JSON.parse(stdout);
    expect(cells).toEqual([
      expect.objectContaining({
        modelDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
        engine: expect.stringMatching(/^(flock-engine|ollama)\/[0-9]+\.[0-9]+$/),
        ...{ hardware: "cpu", speculation: "none", frozenUntilUnixMs: 0 },
      }),
    ]);
    const [cell] = cells;
    expect(measured.map(({ temperature }: { temperature: number }) => temperature)).toEqual([0, 0.8]);
    expect(cell.positions).toBe(measured[0].positions + measured[1].positions);
    expect(cell.positions).toBeGreaterThan(20);
    // So few places say nothing: the bound is far above what was seen.
    expect(miss_ppm).toBeGreaterThan(50_000);
  });

  it("finds that the same model on the same machine misses nothing", async () => {
    const { stdout } = await calibrate("--prompts", "3", "--temperatures", "0", "--json");
    const { cells, measured } = JSON.parse(stdout);
    expect(cells[0]).toMatchObject({ misses: 0, surprisalSlackMillinats: 0 });
    expect(measured[0].margin_millinats.max).toBeLessThan(300);
  });

  it("says what is wrong with what it is told", async () => {
    const wrongs = [
      ["--prompts", "0"],
      ["--temperatures", "hot"],
      ["--hardware", "abacus"],
      ["--referee-ollama", "nowhere"],
    ];
    for (const wrong of wrongs) {
      const { code, stderr } = await calibrate(...wrong);
      expect({ code, names: stderr.includes(wrong[0] ?? "") }).toEqual({ code: 2, names: true });
    }
  });

  it("asks a thousand different questions", () => {
    const asked = Array.from({ length: 1_000 }, (_, index) => calibrationPrompt(index));
    expect(new Set(asked).size).toBe(1_000);
  });
});
