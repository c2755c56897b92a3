import { type Rig, startRig } from "./harness/rig.js";
import { accountAnswer, signedIn } from "./harness/signed-in.js";
import { onBody, refusal } from "./harness/stub-sign-in.js";
import { testWallet } from "./harness/test-wallet.js";

const wallet = testWallet();
const HOSTILE = '<img src=x onerror=alert(1)> "phone"';
const DAY_MS = 86_400_000;

const keyOf = (id: string, label: string, more: object = {}): Record<string, unknown> => ({
  id,
  label,
  scopes: ["inference", "read_account"],
  models: null,
  expires_at: null,
  budget_day_micro: null,
  budget_month_micro: null,
  requests_per_minute: null,
  tokens_per_minute: null,
  streams_max: null,
  created_at: "2026-10-01T09:00:00.000Z",
  revoked_at: null,
  prefix: "flk_AbCd",
  last_used_at: new Date(Date.now() - 180_000).toISOString(),
  charge_30_days_micro: "4200000",
  ...more,
});

const usage = {
  account: wallet.address,
  from: "2026-11-01",
  to: "2026-11-30",
  is_cut: false,
  usage: Array.from({ length: 30 }, (_, index) => ({
    day: new Date(Date.now() - index * DAY_MS).toISOString().slice(0, 10),
    key_id: "k1",
    requests: "3",
    prompt_tokens: "10",
    completion_tokens: "20",
    charge_micro: String((30 - index) * 10_000),
  })),
};

let keys = [
  keyOf("k1", HOSTILE, { budget_day_micro: "2500000", models: ["flock-tiny"], requests_per_minute: 60 }),
  keyOf("k2", "Zed on the laptop", { prefix: null, last_used_at: null, charge_30_days_micro: "0" }),
  keyOf("k3", "old", { revoked_at: "2026-11-20T09:00:00.000Z" }),
];

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({
    "GET /flock/v1/account": { json: accountAnswer(wallet.address) },
    "GET /flock/v1/keys": (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ keys }));
    },
    "GET /flock/v1/usage": { json: usage },
    "GET /flock/v1/models": {
      json: {
        models: [],
        as_of: "2026-11-30T12:00:00Z",
        group_min: 1,
        measured_since: "2026-11-30T12:00:00Z",
      },
    },
    "DELETE /flock/v1/keys/k2": (_request, response) => {
      keys = keys.map((key) => (key.id === "k2" ? { ...key, revoked_at: new Date().toISOString() } : key));
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: "k2", revoked: true }));
    },
  });
});

afterAll(async () => {
  await rig.close();
});

describe("the page Keys", () => {
  it("shows a visitor what it is for, and one way in", async () => {
    const visit = await rig.visit("/keys", { width: 360 });
    await visit.page.getByText("Here you make keys for your programs").waitFor();
    expect(await visit.page.getByRole("main").getByRole("button").allTextContents()).toEqual(["Sign in"]);
    expect(await visit.axe()).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("shows each key with its spend and its limits, and draws a hostile label as the text that it is", async () => {
    const visit = await rig.visit("/keys", { prepare: signedIn(wallet) });
    const { page } = visit;
    const row = page.getByRole("row").filter({ hasText: HOSTILE });
    await row.getByText("2.5 LLAMA a day").waitFor();
    await row.getByRole("img", { name: "spend in 30 days, rising" }).waitFor();
    await row.getByText("3 min ago").waitFor();
    expect(await page.getByRole("main").locator("img").count()).toBe(0);
    await page.getByText("Ended keys (1)").waitFor();
    expect(await visit.looks("keys")).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("revokes a key after its name was repeated, by the keyboard", async () => {
    const visit = await rig.visit("/keys", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.getByRole("button", { name: "Revoke Zed on the laptop" }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Revoke “Zed on the laptop”?" });
    await dialog.getByText("ends within a second, everywhere").waitFor();
    expect(await visit.axe()).toEqual([]);
    await dialog.getByRole("button", { name: "Revoke Zed on the laptop" }).press("Enter");
    await page.getByText("“Zed on the laptop” is revoked.").waitFor();
    await page.getByText("Ended keys (2)").waitFor();
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("makes a key with limits, shows it once in a dialog that only its own button closes, and forgets it", async () => {
    const sent: unknown[] = [];
    rig.server.answer({
      "POST /flock/v1/keys": onBody((body) => {
        sent.push(body);
        const { created_at, revoked_at, prefix, last_used_at, charge_30_days_micro, ...rights } = keyOf(
          "k9",
          "phone",
        );
        return { json: { ...rights, api_key: "flk_SecretSecret42", account: wallet.address } };
      }),
    });
    const visit = await rig.visit("/keys", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByLabel("Label").press("Enter");
    await page.getByText("A name by which you will know this key.").waitFor();
    await page.getByLabel("Label").fill("phone");
    await page.getByText("What it may do, and its limits").click();
    await page.getByLabel("LLAMA a day (UTC)").fill("2.5");
    expect(await visit.looks("keys-new")).toEqual([]);
    await page.getByRole("button", { name: "Make the key" }).click();
    const dialog = page.getByRole("dialog", { name: "Your new key" });
    await dialog.getByText("flk_SecretSecret42", { exact: true }).waitFor();
    expect(sent).toEqual([
      { label: "phone", scopes: ["inference", "read_account"], budget_day_micro: "2500000" },
    ]);
    await page.keyboard.press("Escape");
    await page.mouse.click(5, 5);
    await dialog.getByRole("tab", { name: "Ollama" }).click();
    await dialog.getByText("OLLAMA_HOST=").waitFor();
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("keys-made");
    await dialog.getByRole("button", { name: "I have stored it" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(await page.content()).not.toContain("flk_Secret");
    expect(page.url()).not.toContain("flk_");
    expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).not.toContain(
      "flk_Secret",
    );
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("says that it does not know whether a key was made when no word came, and asks for the list again", async () => {
    rig.server.answer({ "POST /flock/v1/keys": refusal(503, "unavailable", "the api restarts") });
    const visit = await rig.visit("/keys", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByLabel("Label").fill("phone");
    const reloaded = page.waitForRequest(
      (request) => request.method() === "GET" && request.url().endsWith("/keys"),
    );
    await page.keyboard.press("Enter");
    await page.getByText("It is unknown whether the key was made").waitFor();
    await reloaded;
    expect(await page.getByLabel("Label").inputValue()).toBe("phone");

    rig.server.answer({
      "POST /flock/v1/keys": refusal(403, "permission_denied", "the key may not make keys"),
    });
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("No key was made").waitFor();
    expect(await visit.axe()).toEqual([]);
    expect(visit.faults(/status of (503|403)/)).toEqual([]);
    await visit.close();
  });
});
