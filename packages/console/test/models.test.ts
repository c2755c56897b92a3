import { type Rig, startRig } from "./harness/rig.js";

/* What a visitor learns of models: the list with its filters, one model, and what is told where little is known. */

const HOSTILE = `x<img src=x onerror=alert(1)>'$(id)/..%2f:"tag"`;
const SPREAD = { p50: 41.2, p90: 58, n: 212 };

function model(name: string, more: object = {}) {
  return {
    name,
    digest: "a".repeat(64),
    context_length: 131_072,
    capabilities: ["completion", "tools"],
    prompt_price_micro: "2",
    completion_price_micro: "6",
    is_checked: true,
    is_available: true,
    workers: { all: 9, warm: 4 },
    slots: { all: 24, busy: 18 },
    waiting: 7,
    wait_ms: { p50: 3_000, p90: 8_000, n: 212 },
    first_token_ms: { p50: 320, p90: 900, n: 212 },
    tokens_per_second: SPREAD,
    ...more,
  };
}

const UNTOLD = {
  ...{
    workers: null,
    slots: null,
    waiting: null,
    wait_ms: null,
    first_token_ms: null,
    tokens_per_second: null,
  },
};
const MODELS = [
  model("qwen2.5:7b"),
  model("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M", {
    ...{ waiting: 0, slots: { all: 6, busy: 1 }, wait_ms: null, completion_price_micro: "1" },
  }),
  model("all-minilm:latest", {
    ...{ capabilities: ["embedding"], workers: { all: 5, warm: 0 }, slots: { all: 5, busy: 0 }, waiting: 0 },
  }),
  model("rare:70b", UNTOLD),
  model(HOSTILE, { ...UNTOLD, is_available: false }),
];

function list(models: readonly object[]) {
  const facts = { as_of: new Date().toISOString(), group_min: 3, measured_since: null };
  return { "GET /flock/v1/models": { json: { models, ...facts } } };
}

function detail(name: string, more: object = {}) {
  const hours = Array.from({ length: 24 }, (_, hour) => ({
    at: new Date(Date.UTC(2026, 10, 30, hour)).toISOString(),
    tokens_per_second: hour === 9 ? null : 30 + 9 * Math.sin(hour / 3),
    first_token_ms: 500 + 90 * Math.cos(hour),
    wait_ms: hour === 9 ? null : 200,
  }));
  const hardware = [
    { class: "gpu-24", workers: 6 },
    { class: "unified", workers: 3 },
  ];
  const json = { model: { ...model(name), hardware, hours, ...more }, as_of: new Date().toISOString() };
  return { [`GET /flock/v1/models/${encodeURIComponent(name)}`]: { json } };
}

let rig: Rig;

beforeAll(async () => {
  rig = await startRig(list(MODELS));
});

afterAll(async () => {
  await rig.close();
});

describe("the page Models", () => {
  it("tells of each model what it costs and how it does, and of few workers only that they are few", async () => {
    rig.server.answer(list(MODELS));
    const visit = await rig.visit("/models");
    const { page } = visit;
    const cells = (name: string) =>
      page
        .getByRole("row")
        .filter({ has: page.getByRole("link", { name, exact: true }) })
        .getByRole("cell")
        .allTextContents();
    const price = "0.002 LLAMA in0.006 LLAMA out";
    const measured = ["41/s · 58/sof 212", "320 ms · 900 msof 212"];
    expect(await cells("qwen2.5:7b")).toEqual([
      ...[price, "131,072", "4 of 9workers", ...measured, "7", "3.0–8.0 sof 212"],
    ]);
    expect(await cells("rare:70b")).toEqual([
      ...[price, "131,072", "fewer than 3workers", "unknown", "unknown", "unknown", "unknown"],
    ]);
    expect(await page.getByRole("figure").textContent()).toContain("most of all for qwen2.5:7b");
    expect(await page.getByRole("link", { name: HOSTILE, exact: true }).count()).toBe(1);
    expect(await visit.looks("models")).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("keeps filters and order in the address, goes by the keyboard, and finds a model from anywhere", async () => {
    const visit = await rig.visit("/models?sort=price&can=completion");
    const { page } = visit;
    await page.getByRole("status").filter({ hasText: "4 of 5 models" }).waitFor();
    expect(await page.getByRole("rowheader").first().textContent()).toContain("hf.co/");
    await page.getByLabel("Name").focus();
    await page.keyboard.type("nothing like it");
    await page.getByText("No model is left").waitFor();
    expect(page.url()).toContain("q=nothing");
    await page.getByRole("button", { name: "Show all models" }).focus();
    await page.keyboard.press("Enter");
    await page
      .getByRole("status")
      .filter({ hasText: /^5 models$/ })
      .waitFor();
    expect(page.url()).toContain("/models?sort=price");

    rig.server.answer(detail("qwen2.5:7b"));
    await page.keyboard.press("Control+k");
    await page.locator("input:focus").waitFor();
    await page.keyboard.type("qwen2");
    await page.getByRole("option", { name: "qwen2.5:7b" }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator("h1:focus", { hasText: "qwen2.5:7b" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/console/models/qwen2.5:7b");
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("opens one model by its address, whatever it is called, with commands to copy", async () => {
    rig.server.answer(detail(HOSTILE, { hardware: null }));
    rig.server.answer(detail("qwen2.5:7b"));
    const visit = await rig.visit("/models/qwen2.5:7b");
    const { page } = visit;
    await page.getByText("GPU, up to 24 GB").waitFor();
    await page.getByRole("tab", { name: "Ollama" }).click();
    await page.getByText("ollama run qwen2.5:7b").waitFor();
    await page.getByRole("slider", { name: /^Tokens per second/ }).focus();
    await page.keyboard.press("Home");
    await page.getByText("00:00: tokens per second 30/s").waitFor();
    expect(await visit.looks("model")).toEqual([]);

    await page.goto(`${rig.server.url}/console/models/${encodeURIComponent(HOSTILE)}?with=flock`);
    await page.getByText(`flock run 'x<img src=x onerror=alert(1)>'\\''$(id)`).waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    await page.getByText("too few to tell them apart").waitFor();
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("says how to start where there is no model, and which model there is not", async () => {
    rig.server.answer(list([]));
    const visit = await rig.visit("/models");
    await visit.page.getByText("No worker serves a model now").waitFor();
    await visit.page.getByText(`npx @flockollamas/worker --api ${rig.server.url}`).waitFor();
    expect(await visit.axe()).toEqual([]);
    await visit.page.goto(`${rig.server.url}/console/models/no/such.js:1`);
    await visit.page.getByText("No worker has this model at the moment").waitFor();
    expect(visit.faults(/status of 404/)).toEqual([]);
    await visit.close();
  });

  it("keeps names and prices when the api fails, and says since when the rest is not known", async () => {
    rig.server.answer(list(MODELS));
    const visit = await rig.visit("/models");
    await visit.page.getByRole("link", { name: "rare:70b" }).waitFor();
    const error = { code: "unavailable", message: "server is starting, please try again" };
    rig.server.answer({ "GET /flock/v1/models": { status: 503, json: { error } } });
    await visit.page.getByText(/How the models do is not known since then/).waitFor({ timeout: 20_000 });
    const rows = await visit.page.getByRole("table").textContent();
    expect(rows).toContain("0.006 LLAMA out");
    expect(rows).not.toContain("41/s");
    expect(await visit.axe()).toEqual([]);
    expect(visit.faults(/status of 503/)).toEqual([]);
    await visit.close();
  });
});
