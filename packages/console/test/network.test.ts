import type { ServerResponse } from "node:http";
import type { Page } from "playwright-core";
import { liveStream } from "./harness/console-server.js";
import { type Rig, startRig } from "./harness/rig.js";

/* The network as it is told: figures, and the weave of the last minute. */

const LIVE = "GET /flock/v1/live";
const NETWORK = "GET /flock/v1/network";
const HOSTILE = "<b onclick=alert(1)>x</b>:7b";
/** Of a software renderer on a busy machine; less is no animation. */
const FRAMES_PER_SECOND_MIN = 5;

function counts(workers: number, slots: number, busy: number, more: object = {}) {
  return { workers, slots, busy, draining: 0, waiting: 2, tokens: busy * 12, jobs: 1, ...more };
}

function network(live: object | null) {
  const json = { chain: null, genesis_hash: null, mint: null, parameters: { version: 1, values: {} }, live };
  return { [NETWORK]: { json } };
}

const FIGURES = {
  ...{ as_of: new Date().toISOString(), group_min: 3, workers: 40, slots: { all: 96, busy: 41 }, waiting: 6 },
  ...{ tokens_per_second: 812.5, jobs_per_minute: 140, rejected_while_idle: 0 },
  hardware: [
    { class: "gpu-24", workers: 30, slots: 80, busy: 40 },
    { class: "other", workers: 10, slots: 16, busy: 1 },
  ],
};

/** Every ten seconds one of the models is not told of. */
const BUSY = liveStream((seq) => ({
  totals: counts(40, 96, 41),
  models: [
    { name: "qwen2.5:7b", ...counts(20, 48, 30 + (seq % 8), { draining: 6 }) },
    { name: HOSTILE, ...counts(9, 24, 6) },
    { name: "steady:3b", ...counts(6, 18, 7, { draining: 2 }) },
    ...(seq % 10 === 0 ? [] : [{ name: "patchy:3b", ...counts(6, 12, 3) }]),
  ],
  other: counts(5, 12, 2),
}));

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ [LIVE]: BUSY, ...network(FIGURES) });
});

afterAll(async () => {
  await rig.close();
});

/** Of each second, in the band below a name: how many threads have the whole colour, and how many a pale one. */
function secondsOf(page: Page, name: string) {
  return page
    .getByText(name)
    .first()
    .evaluate((label) => {
      const canvas = document.querySelector("canvas");
      const context = canvas?.getContext("2d");
      if (!canvas || !context) throw new Error("there is no canvas");
      const top = Math.round(label.getBoundingClientRect().bottom - canvas.getBoundingClientRect().top);
      const { width } = canvas;
      const { data } = context.getImageData(0, top, width, 52);
      return Array.from({ length: 60 }, (_, second) => {
        const x = Math.floor(((second + 0.5) / 60) * width);
        const shades = Array.from({ length: 52 }, (_, row) => data[(row * width + x) * 4 + 3] ?? 0)
          .map((alpha) => (alpha > 200 ? "busy" : alpha > 0 ? "free" : ""))
          .filter((shade, row, all) => shade !== "" && shade !== all[row - 1]);
        return {
          busy: shades.filter((shade) => shade === "busy").length,
          free: shades.filter((shade) => shade === "free").length,
        };
      });
    });
}

describe("the page Network", () => {
  it("tells where the slack is, in figures and as a weave that agrees with them", async () => {
    const visit = await rig.visit("/network");
    const { page } = visit;
    await page.getByText(/The most slack is at .*: 18 free/).waitFor();
    const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: "steady:3b" }) });
    expect((await row.getByRole("cell").allTextContents()).slice(0, 5)).toEqual(["6", "7", "9", "2", "2"]);
    expect(await page.locator("main b").count()).toBe(0);
    expect(await visit.looks("network")).toEqual([]);

    const slider = page.getByRole("slider");
    await slider.focus();
    await page.keyboard.press("ArrowLeft");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(
      /UTC: 41 of 96 slots busy, 2 waiting, 492 tokens, 1 job ended/,
    );
    // Twelve threads, of which three are busy, and nothing where nothing was told.
    const seconds = await secondsOf(page, "patchy:3b");
    const told = seconds.filter(({ free }) => free > 0);
    expect(told.length).toBeGreaterThan(30);
    expect(told.length).toBeLessThanOrEqual(54);
    expect(new Set(told.map(({ busy, free }) => `${busy} busy, ${free} free`))).toEqual(
      new Set(["3 busy, 9 free"]),
    );
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("stops the band, greys it and says since when, where the stream is lost; the figures go on", async () => {
    const open = new Set<ServerResponse>();
    rig.server.answer({
      [LIVE]: (request, response) => {
        open.add(response);
        BUSY(request, response);
      },
    });
    const visit = await rig.visit("/network");
    const { page } = visit;
    await page.getByText("41 of 96 slots busy at 40 workers").waitFor();
    const refusal = { status: 503, json: { error: { code: "unavailable", message: "full" } } };
    rig.server.answer({ [LIVE]: refusal, ...network({ ...FIGURES, rejected_while_idle: 3 }) });
    for (const response of open) response.end();
    await page.getByText(/Nothing has come since \d\d:\d\d:\d\d UTC/).waitFor();
    await page.getByText("This must be 0").waitFor();
    expect(await page.locator("canvas").getAttribute("data-stopped")).toBe("true");
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("network-stopped");
    rig.server.answer({ [LIVE]: BUSY, ...network(FIGURES) });
    expect(visit.faults(/status of 503/)).toEqual([]);
    await visit.close();
  });

  it("says how to join a network of nobody, and that few are few", async () => {
    const few = { workers: null, slots: null, waiting: null, tokens_per_second: null, jobs_per_minute: null };
    rig.server.answer({
      [LIVE]: liveStream(() => ({ totals: counts(0, 0, 0), models: [], other: null })),
      ...network({ ...FIGURES, ...few, hardware: [] }),
    });
    const visit = await rig.visit("/network");
    await visit.page.getByText("No worker is here yet").waitFor();
    await visit.page.getByText(`npx @flockollamas/worker --api ${rig.server.url}`).waitFor();
    expect(await visit.page.getByText("not told", { exact: true }).count()).toBe(5);
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("network-empty");
    rig.server.answer({
      [LIVE]: liveStream(() => ({ totals: null, models: [], other: null })),
      ...network(null),
    });
    await visit.page.reload();
    await visit.page.getByText("too few workers to tell of any").waitFor();
    await visit.page.getByText("Nothing is heard of the network").first().waitFor();
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("moves 2,000 workers with 8,000 slots of 64 models smoothly", async () => {
    const stream = liveStream((seq) => ({
      totals: counts(2_000, 8_000, 5_000),
      models: Array.from({ length: 64 }, (_, model) => ({
        name: `model-${model}:7b`,
        ...counts(31, 125, (seq * 7 + model * 13) % 126),
      })),
      other: counts(16, 64, 30, { draining: 8 }),
    }));
    rig.server.answer({ [LIVE]: stream, ...network(FIGURES) });
    const visit = await rig.visit("/network", { reducedMotion: "no-preference" });
    await visit.page.getByText("5,000 of 8,000 slots busy at 2,000 workers.").waitFor();
    const { frames, worst } = await visit.page.evaluate(
      () =>
        new Promise<{ frames: number; worst: number }>((resolve) => {
          const times: number[] = [];
          requestAnimationFrame(function step(at) {
            times.push(at);
            if (at - (times[0] ?? at) < 4_000) requestAnimationFrame(step);
            else {
              const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
              resolve({ frames: gaps.length / 4, worst: Math.max(...gaps) });
            }
          });
        }),
    );
    process.stdout.write(
      `weave, 8,000 slots: ${frames.toFixed(0)} frames/s, the longest ${worst.toFixed(0)} ms\n`,
    );
    expect(frames).toBeGreaterThan(FRAMES_PER_SECOND_MIN);
    await visit.screenshot("network-large");
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });
});
