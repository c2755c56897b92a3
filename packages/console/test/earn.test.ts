import type { Page } from "playwright-core";
import { type Rig, startRig } from "./harness/rig.js";

/* What an operator learns of their machines: earnings, what has become of them, and why there is no more. */

const EARNINGS = "GET /flock/v1/earnings";
const WORKERS = "GET /flock/v1/workers";
const OWN = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU";
const OTHER = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin";
const HOSTILE = "<img src=x onerror=alert(1)>:7b";
const DAY_MS = 86_400_000;

function day(before: number): string {
  return new Date(Date.now() - before * DAY_MS).toISOString().slice(0, 10);
}

function row(before: number, model: string, worker: string, share: string, back = "0") {
  return {
    ...{
      day: day(before),
      model,
      worker_id: worker,
      jobs: "12",
      prompt_tokens: "900",
      completion_tokens: "4000",
    },
    ...{ share_micro: share, clawed_back_micro: back },
  };
}

const TOTALS = {
  ...{
    earned_micro: "52000000",
    emission_micro: "4000000",
    clawed_back_micro: "2000000",
    vesting_micro: "6000000",
  },
  ...{ vested_micro: "11000000", collected_micro: "8000000", paid_micro: "25000000" },
};
const NOTHING = Object.fromEntries(Object.keys(TOTALS).map((name) => [name, "0"]));

function earnings(more: object = {}) {
  const json = {
    ...{ worker: OWN, from: day(29), to: day(0), is_cut: false, total_micro: "31500000", totals: TOTALS },
    earnings: [
      row(0, "qwen2.5:7b", OWN, "1500000"),
      row(1, "qwen2.5:7b", OTHER, "21000000", "2000000"),
      row(1, HOSTILE, OWN, "9000000"),
    ],
    vesting: [
      { epoch: 41, amount_micro: "6000000", vests_at: new Date(Date.now() + 2 * DAY_MS).toISOString() },
    ],
    ...more,
  };
  return { [EARNINGS]: { json } };
}

function worker(id: string, more: object = {}) {
  return {
    ...{ worker_id: id, state: "ready", last_seen_at: new Date().toISOString(), slots: 4, active: 1 },
    models: [
      { name: "qwen2.5:7b", loaded: true, is_admitted: true },
      { name: HOSTILE, loaded: false, is_admitted: false },
    ],
    ...{
      hardware: "gpu-24",
      breaker: "closed",
      cut_off_until: null,
      banned: false,
      ban_reason: null,
      offences: [],
    },
    standing: { state: "proven", since: "2026-11-20T08:00:00Z", reason: "", checked_jobs: 120 },
    delegation_expires_at: new Date(Date.now() + 60 * DAY_MS).toISOString(),
    no_job: [
      { reason: "no_demand", seconds: 1_800 },
      { reason: "others_first", seconds: 360 },
    ],
    ...more,
  };
}

function workers(...all: readonly object[]) {
  return { [WORKERS]: { json: { account: OWN, workers: all, is_cut: false } } };
}

const EPOCHS = {
  "GET /flock/v1/epochs": {
    json: {
      epochs: [
        { number: 41, state: "open", closes_at: null, statement_lines: null },
        { number: 40, state: "anchored", closes_at: "2026-11-29T00:00:00Z", statement_lines: 312 },
      ],
    },
  },
};
const ACCOUNT = { "GET /flock/v1/account": { json: { wallet: { available_micro: "8000000" } } } };

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ ...ACCOUNT, ...EPOCHS, ...earnings(), ...workers(worker(OWN)) });
});

afterAll(async () => {
  await rig.close();
});

async function signIn(page: Page): Promise<void> {
  await page.evaluate(() => {
    const session = { kind: "key", token: "flk_test0000", account: null, expiresAt: null };
    sessionStorage.setItem("flock.session", JSON.stringify(session));
  });
  await page.reload();
}

describe("the page Earn", () => {
  it("tells what was earned and where it is, and of each worker why it got no job", async () => {
    const away = {
      state: "away",
      models: [],
      no_job: [],
      last_seen_at: null,
      breaker: null,
      active: 0,
      slots: 0,
    };
    const caught = {
      ...{
        banned: true,
        ban_reason: "<b>forged</b>",
        cut_off_until: new Date(Date.now() + DAY_MS).toISOString(),
      },
      offences: [{ offence: "forged_receipt", count: 2, last_at: "2026-11-29T14:02:11Z" }],
    };
    rig.server.answer({ ...earnings(), ...workers(worker(OWN), worker(OTHER, { ...away, ...caught })) });
    const visit = await rig.visit("/earn");
    const { page } = visit;
    await signIn(page);
    const pipeline = page.getByRole("list", { name: "What was earned, and what has become of it" });
    await pipeline.waitFor();
    expect(await pipeline.getByRole("listitem").allTextContents()).toEqual([
      "Earned, ever52 LLAMA",
      expect.stringMatching(/^Vesting, the last of it until .* UTC6 LLAMA$/),
      "Vested, not collected11 LLAMA",
      "Collected into the wallet8 LLAMA",
      "Paid out on chain25 LLAMA",
      "Clawed back2 LLAMA",
    ]);
    const card = page.getByRole("article", { name: `Worker ${OWN}` });
    await card.waitFor();
    expect(
      await card
        .getByRole("list", { name: /^Reasons/ })
        .getByRole("listitem")
        .allTextContents(),
    ).toEqual([
      "Nobody wanted a model that it has30 min, 50 %Offer other models: see Models for queues.",
      expect.stringMatching(/^Jobs went to other workers6 min, 10 %They were quicker/),
    ]);
    await page.getByText("The reason: “<b>forged</b>”.").waitFor();
    await page
      .getByText("31.5 LLAMA earned by jobs on 2 days, most of it with qwen2.5:7b. 2 LLAMA was clawed back.")
      .waitFor();
    expect(await page.getByRole("link", { name: "Epoch 40: 312 lines" }).getAttribute("href")).toBe(
      "/flock/v1/epochs/40/statement",
    );
    expect(await page.locator("main img").count()).toBe(0);
    expect(await visit.looks("earn")).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("asks for one worker and for other days by the keyboard, and keeps them in the address", async () => {
    rig.server.answer({ ...earnings(), ...workers(worker(OWN), worker(OTHER)) });
    const visit = await rig.visit("/earn?from=2026-11-01");
    const { page } = visit;
    await signIn(page);
    const asked = page.waitForRequest(/earnings\?.*worker=9xQe/);
    await page.getByLabel("Worker", { exact: true }).focus();
    await page.keyboard.type("9xQe");
    const { searchParams } = new URL((await asked).url());
    expect(Object.fromEntries(searchParams)).toEqual({ from: "2026-11-01", to: day(0), worker: OTHER });
    expect(page.url()).toContain(`from=2026-11-01&worker=${OTHER}`);
    await page.goBack();
    await page.waitForURL((url) => !url.searchParams.has("worker"));
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("shows a visitor what it would show, and whoever has no worker how to start one", async () => {
    const visit = await rig.visit("/earn");
    const { page } = visit;
    await page.getByText("Nobody is signed in").waitFor();
    await page.locator("main").getByRole("button", { name: "Sign in" }).waitFor();
    await visit.screenshot("earn-visitor");
    expect(await visit.axe()).toEqual([]);
    rig.server.answer({ ...earnings({ totals: NOTHING, earnings: [], vesting: [] }), ...workers() });
    await signIn(page);
    await page.getByText("No machine works for this account yet").waitFor();
    await page.getByText(`npx @flockollamas/worker --api ${rig.server.url}`).waitFor();
    expect(await visit.axe()).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("draws 0 for days without a job, and nothing for earnings that are not known", async () => {
    rig.server.answer({ ...earnings({ earnings: [] }), ...workers(worker(OWN, { no_job: [] })) });
    const visit = await rig.visit("/earn");
    const { page } = visit;
    await signIn(page);
    await page.getByText(/^LLAMA was earned from/).waitFor();
    await page.getByText("No slot of it was free without a job").waitFor();
    const error = { code: "permission_denied", message: "this key may not read the account" };
    rig.server.answer({ [EARNINGS]: { status: 403, json: { error } } });
    await page.reload();
    await page.getByRole("alert").getByText("This key may not read the account").first().waitFor();
    await page.getByRole("article", { name: `Worker ${OWN}` }).waitFor();
    expect(await page.getByText("0 LLAMA").count()).toBe(0);
    expect(await visit.axe()).toEqual([]);
    expect(visit.faults(/status of 403/)).toEqual([]);
    await visit.close();
  });
});
