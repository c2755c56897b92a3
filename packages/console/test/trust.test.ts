import { syntheticBundle } from "@flock/evidence/testing";
import { type Rig, startRig } from "./harness/rig.js";
import { TRUST, trust, VERDICTS } from "./harness/stub-trust.js";

/* What was checked, what was found, and that anybody can compute it again. */

const ID = "12345678-1234-1234-1234-123456789abc";
const EVIDENCE = `GET /flock/v1/trust/verdicts/${ID}/evidence`;
const WALLET = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU";

const bundle = syntheticBundle({ verdictId: ID, workerId: "w-otdebwfknzrk" });
const evidence = (changes: object = {}) => ({ [EVIDENCE]: { json: { ...bundle, ...changes } } });

function verdict(more: object = {}) {
  return {
    ...{ id: ID, kind: "quarantine", state: "final", worker: "w-otdebwfknzrk", worker_id: null },
    ...{ model: "flock-tiny:latest", reached_at: "2026-11-29T10:00:00.000Z", appeal_until: null, jobs: 2 },
    ...{ log_evidence_milli: 7_500, bundle_sha256: "ab".repeat(32), clawed_back_micro: "0" },
    ...{ slashed_micro: "0", compensated_micro: "0", ruling: null },
    ...more,
  };
}

const conviction = verdict({
  ...{ id: ID.replace("1234", "9999"), kind: "conviction", state: "due", worker_id: WALLET },
  ...{ clawed_back_micro: "1500000", slashed_micro: "9007199254740993", compensated_micro: "1500000" },
});
const overturned = verdict({
  ...{ id: ID.replace("1234", "8888"), kind: "conviction", state: "overturned" },
  ...{ worker: "w-aaaaaaaaaaaa", ruling: "<b>its engine</b> was miscalibrated" },
});
const log = (verdicts: readonly object[], next: string | null = null) => ({
  [VERDICTS]: { json: { verdicts, next_cursor: next } },
});
const away = {
  status: 503,
  json: { error: { code: "unavailable", message: "the verifier cannot be reached at the moment" } },
};

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ ...trust(), ...log([verdict(), conviction, overturned]), ...evidence() });
});
afterAll(async () => {
  await rig.close();
});

describe("the page Trust", () => {
  it("tells what was checked, draws how soon cheats are found, and has calibration, verdicts and draws", async () => {
    const visit = await rig.visit("/trust");
    const { page } = visit;
    await page.getByText("Of 9,120 jobs that ended, 912 were drawn. 5 % of proven").waitFor();
    await page.getByText("80 of 98 workers are proven. 3 get no client’s job.").waitFor();
    await page
      .getByText(/Half of the cheats with another model are in quarantine after 2 checked jobs/)
      .waitFor();
    await page.getByText("1 of 3 measured kinds are in force.").waitFor();
    await page.getByText("its engine</b> was miscalibrated").waitFor();
    await page.getByText("9,007,199,254.740993 LLAMA").first().waitFor();
    await page.getByText("By 2 checked jobs, evidence 1,800; final.").waitFor();
    await page.getByText("told when its checks are over").waitFor();
    expect(await visit.looks("trust")).toEqual([]);

    const slider = page.getByRole("slider");
    await slider.focus();
    await page.keyboard.press("Home");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^1: another model 0 %/);
    await page.keyboard.press("End");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(
      /^40: another model 100 %, a 4-bit copy 100 %/,
    );
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("computes a verdict again in this browser, by the keyboard, and says when it does not come out", async () => {
    const visit = await rig.visit("/trust");
    const { page } = visit;
    const again = page.getByRole("button", { name: "Recompute here the quarantine of w-otdebwfknzrk" });
    await again.focus();
    await page.keyboard.press("Enter");
    await page.getByText("comes out the same").waitFor();
    await page.getByText("2 jobs, 2 of them different, lead to quarantine.").waitFor();
    const download = page.getByRole("link", { name: "Download evidence of the quarantine" });
    expect(await download.getAttribute("href")).toBe(`/flock/v1/trust/verdicts/${ID}/evidence`);
    rig.server.answer(evidence({ verdict: "release" }));
    await again.click();
    await page.getByText("does not come out").waitFor();
    rig.server.answer({ [EVIDENCE]: away });
    await again.click();
    await page.getByText("not computed").waitFor();
    expect(await visit.axe()).toEqual([]);
    expect(visit.faults(/503/)).toEqual([]);
    rig.server.answer(evidence());
    await visit.close();
  });

  it("has its own words for nothing yet, and for none", async () => {
    const jobs = { seen: 9, drawn: 2, checked: 0, same: 0, different: 0, undetermined: 0 };
    rig.server.answer({ ...trust({ jobs, workers: [], calibration: [], draw_days: [] }), ...log([]) });
    const visit = await rig.visit("/trust");
    const { page } = visit;
    await page.getByText("jobs were checked").waitFor();
    for (const words of ["Nothing is calibrated yet", "No verdict yet", "No day of draws yet"])
      await page.getByText(words).waitFor();
    await page.getByText("flock admin calibration load cells.json").waitFor();
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("trust-empty");
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("says that no verifier answers, still draws the method, and shows old figures as old", async () => {
    rig.server.answer({ ...trust(), [VERDICTS]: away });
    const visit = await rig.visit("/trust");
    const { page } = visit;
    await page.getByText("The verdicts could not be read").waitFor();
    await page.getByText("80 of 98 workers are proven").waitFor();
    rig.server.answer({ [TRUST]: away });
    await page.getByText("No verifier answers at the moment.").waitFor({ timeout: 30_000 });
    await page.getByText("80 of 98 workers are proven").waitFor();
    await visit.screenshot("trust-stale");
    await page.reload();
    await page.getByText("The checked work could not be read").waitFor();
    await page.getByText(/Half of the cheats with another model/).waitFor();
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("trust-away");
    expect(visit.faults(/503/)).toEqual([]);
    await visit.close();
  });

  it("brings older verdicts when asked", async () => {
    rig.server.answer({ ...trust(), ...log([verdict()], "9") });
    const visit = await rig.visit("/trust");
    const { page } = visit;
    const older = page.getByRole("button", { name: "Older verdicts" });
    await older.waitFor();
    rig.server.answer(log([overturned]));
    await older.click();
    await page.getByText("conviction, overturned").waitFor();
    expect(await older.count()).toBe(0);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });
});
