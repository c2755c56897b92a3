import type { Page } from "playwright-core";
import type { Visit } from "./harness/browse.js";
import { chatApi } from "./harness/chat-api.js";
import { answers, composer, telling } from "./harness/chat-visit.js";
import { type Rig, startRig } from "./harness/rig.js";
import { signedIn } from "./harness/signed-in.js";
import { moneyAnswers } from "./harness/stub-money.js";
import { onBody } from "./harness/stub-sign-in.js";
import { trust, VERDICTS } from "./harness/stub-trust.js";
import { testWallet } from "./harness/test-wallet.js";

/* What is true of every page: by the keyboard alone, with answers that are none, and while the api is away or slow. */

const TITLES = ["Chat", "Models", "Usage", "Keys", "Earn", "Network", "Trust", "Status"] as const;
const API = /\/(flock\/v1|api)\//;
/** What Chromium itself says of a request that failed, and React of what was caught. */
const REQUEST_FAILED = /Failed to load resource|net::ERR_|An error occurred|The above error|error boundary/;
const TOTALS = { earned_micro: "0", vesting_micro: "0", vested_micro: "0", collected_micro: "0" };
const STATUS = {
  ...{ as_of: new Date().toISOString(), incidents: [], days: [], payouts: null },
  services: [{ name: "api", state: "ok", instances: 1, since: "2026-11-29T14:02:11Z", note: null }],
};
const NEW_KEY = {
  ...{ id: "k1", label: "by keyboard", scopes: ["inference"], models: null, expires_at: null },
  ...{ budget_day_micro: null, budget_month_micro: null, requests_per_minute: null, tokens_per_minute: null },
  ...{ streams_max: null, api_key: "flk_AbCdEfGhIjKlMnOp1234", account: null },
};

const wallet = testWallet();
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({
    ...moneyAnswers(wallet).answers,
    ...chatApi(telling("Lima is the capital of Peru.")),
    "GET /flock/v1/status": { json: STATUS },
    "GET /flock/v1/workers": { json: { workers: [], is_cut: false } },
    "GET /flock/v1/earnings": { json: { totals: TOTALS, earnings: [], vesting: [] } },
    "GET /flock/v1/epochs": { json: { epochs: [] } },
    ...trust(),
    [VERDICTS]: { json: { verdicts: [], next_cursor: null } },
    "POST /flock/v1/keys": onBody(() => ({ json: { ...NEW_KEY, account: wallet.address } })),
  });
});

afterAll(async () => {
  await rig.close();
});

/** What has the focus, by its name or its text. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
  });
}

/** Presses Tab until something of that name has the focus. */
async function tabTo(page: Page, name: string | RegExp, key = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let press = 0; press < 80; press += 1) {
    await page.keyboard.press(key);
    const now = await focused(page);
    passed.push(now);
    if (typeof name === "string" ? now === name : name.test(now)) return;
  }
  throw new Error(`Tab never comes to ${String(name)}, but to: ${passed.join(" | ")}`);
}

async function openByPalette(page: Page, name: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.locator("input:focus").waitFor();
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await page.locator("h1:focus", { hasText: name }).waitFor();
}

async function rail(page: Page): Promise<readonly string[]> {
  return page.getByRole("navigation").first().getByRole("link").allTextContents();
}

describe("by Tab, Enter and arrows alone", () => {
  let visit: Visit;
  beforeAll(async () => {
    visit = await rig.visit("/status", { prepare: signedIn(wallet) });
  });
  afterAll(() => visit.close());

  it("each page is reached by the rail, and the focus is on its heading then", async () => {
    const { page } = visit;
    for (const title of TITLES) {
      await tabTo(page, title);
      await page.keyboard.press("Enter");
      await page.locator("h1:focus", { hasText: title }).waitFor();
      expect(await page.title()).toBe(`${title} · FlockOllamas`);
      // From the heading on: the rail is before it.
      await tabTo(page, /^Skip to the page|^Chat$/, "Shift+Tab");
      if ((await focused(page)) === "Chat") await page.keyboard.press("Shift+Tab");
    }
  });

  it("a key is made, and shown once", async () => {
    const { page } = visit;
    await openByPalette(page, "Keys");
    await tabTo(page, /^(Make|New).*key/i);
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await dialog.locator("input:focus").waitFor();
    await page.keyboard.type("by keyboard");
    await page.keyboard.press("Enter");
    await page.getByText("flk_AbCdEfGhIjKlMnOp1234").first().waitFor();
    await page.keyboard.press("Escape");
  });

  it("nothing on the way was a fault", () => {
    expect(visit.faults()).toEqual([]);
  });
});

it("a visitor asks by the keyboard alone, and chooses a model by arrows", async () => {
  const visit = await rig.visit("/chat");
  const { page } = visit;
  await page.locator("[aria-label^='Model: ']:not([aria-label='Model: none'])").waitFor();
  await tabTo(page, /^Model: /);
  await page.keyboard.press("Enter");
  await page.locator("input:focus").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.getByRole("listbox").waitFor({ state: "detached" });
  await tabTo(page, "Your question", "Shift+Tab");
  await page.keyboard.type("What is the capital of Peru?");
  await page.locator("button:enabled", { hasText: "Send" }).waitFor();
  await page.keyboard.press("Enter");
  await answers(page).getByText("Lima is the capital of Peru.").waitFor();
  expect(visit.faults()).toEqual([]);
  await visit.close();
});

describe("with answers that are none", () => {
  it.each([
    ["an empty object", "{}"],
    [
      "lists of null",
      '{"services":[null],"models":[null],"workers":[null],"epochs":[null],"keys":[null],"live":{}}',
    ],
  ])("each page keeps its heading and the navigation, and says what failed: %s", async (_what, body) => {
    const visit = await rig.visit("/nowhere", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.route(/\/flock\/v1\/(?!live)/, (route) =>
      route.fulfill({ contentType: "application/json", body }),
    );
    for (const title of TITLES) {
      await page.goto(`${rig.server.url}/console/${title.toLowerCase()}`);
      await page.locator("h1", { hasText: title }).waitFor();
      if (title !== "Chat") await page.getByRole("alert").first().waitFor();
      expect(await rail(page)).toEqual([...TITLES]);
    }
    // What was caught is told on the browser's console; nothing else went wrong.
    expect(visit.faults(/^console: /)).toEqual([]);
    await visit.close();
  });
});

describe("while the api is away, slow, or without its messages", () => {
  it("each page says since when its figures are old, and has new ones by itself, or at a click", async () => {
    const visit = await rig.visit("/nowhere", { prepare: signedIn(wallet) });
    const { page } = visit;
    for (const title of ["Models", "Network", "Status", "Earn", "Usage", "Keys"]) {
      await openByPalette(page, title);
      await page
        .getByText(/as of \d\d:\d\d:\d\d UTC/)
        .first()
        .waitFor();
      await page.route(API, (route) => route.abort());
      const refresh = () =>
        page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
      await page.waitForTimeout(2_100);
      await refresh();
      await page.getByRole("alert").getByText("This page cannot reach the api").first().waitFor();
      await page
        .getByText(/● ?as of|●as of/)
        .first()
        .waitFor();
      await page.unroute(API);
      const again = page.getByRole("main").getByRole("button", { name: "Try again", exact: true });
      // The first page waits for its next round; on the others the person does not.
      if (title === "Models") await again.waitFor({ state: "detached" });
      const alert = page.getByRole("alert");
      for (let round = 0; round < 100 && (await alert.count()) > 0; round += 1) {
        if ((await again.count()) > 0)
          await again
            .first()
            .click({ timeout: 1_000 })
            .catch(() => {});
        await page.waitForTimeout(200);
      }
      expect({ title, alerts: await alert.allTextContents() }).toEqual({ title, alerts: [] });
    }
    expect(visit.faults(REQUEST_FAILED)).toEqual([]);
    await visit.close();
  }, 180_000);

  it("what was typed and sent before the models are known is sent as soon as they are", async () => {
    const visit = await rig.visit("/nowhere");
    const { page } = visit;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(/\/flock\/v1\/models$/, async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(`${rig.server.url}/console/chat`);
    await composer(page).fill("What is the capital of Peru?");
    await composer(page).press("Enter");
    await page.getByText("The models are not known yet").waitFor();
    await visit.screenshot("chat-before-models");
    expect(await visit.axe()).toEqual([]);
    expect(await composer(page).inputValue()).toBe("What is the capital of Peru?");
    release();
    await answers(page).getByText("Lima is the capital of Peru.").waitFor();
    expect(await composer(page).inputValue()).toBe("");
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("a question for which no worker is there stays typed, and so it does while messages are away", async () => {
    const away = { status: 503, json: { error: { code: "unavailable", message: "messages are away" } } };
    const visit = await rig.visit("/nowhere");
    const { page } = visit;
    const models = JSON.stringify({ models: [], as_of: null, group_min: 3, measured_since: null });
    await page.route(/\/flock\/v1\/models$/, (route) =>
      route.fulfill({ contentType: "application/json", body: models }),
    );
    await page.route(/\/flock\/v1\/network$/, (route) =>
      route.fulfill({
        status: away.status,
        contentType: "application/json",
        body: JSON.stringify(away.json),
      }),
    );
    await page.goto(`${rig.server.url}/console/chat`);
    await page
      .getByText(/No worker serves a model now|No model/)
      .first()
      .waitFor();
    await composer(page).fill("What is the capital of Peru?");
    await composer(page).press("Enter");
    await page.getByText("No model can be asked now. What you typed stays here.").waitFor();
    await page.reload();
    expect(await composer(page).inputValue()).toBe("What is the capital of Peru?");
    expect(visit.faults(REQUEST_FAILED)).toEqual([]);
    await visit.close();
  });
});

it("a failed panel’s Details can be touched at 360 px, and is not under the bottom bar", async () => {
  const visit = await rig.visit("/nowhere", { width: 360, hasTouch: true });
  const { page } = visit;
  await page.route(/\/flock\/v1\/(?!live)/, (route) =>
    route.fulfill({
      status: 429,
      contentType: "application/json",
      body: '{"error":{"code":"resource_exhausted"}}',
    }),
  );
  await page.goto(`${rig.server.url}/console/status`);
  const details = page.getByText("Details").first();
  await details.waitFor();
  await details.focus();
  expect((await details.boundingBox())?.height).toBeGreaterThanOrEqual(24);
  const hit = await details.evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
  });
  expect(hit).toBe(true);
  await visit.screenshot("details-360");
  expect(await visit.axe()).toEqual([]);
  await visit.close();
});

describe("with the colours of the person", () => {
  it.each([
    ["more contrast", { contrast: "more" }],
    ["forced colours", { forcedColors: "active" }],
  ] as const)(
    "%s: every word can be read, and states are told apart without their colours",
    async (name, media) => {
      const visit = await rig.visit("/status", { prepare: signedIn(wallet) });
      const { page } = visit;
      await page.emulateMedia(media);
      await page.getByRole("rowheader", { name: "api" }).waitFor();
      // Chromium draws the forced colours outside of what axe computes.
      if (name === "more contrast") expect(await visit.axe()).toEqual([]);
      const borders = await page.evaluate(() => {
        const current = document.querySelector("nav [aria-current]");
        return current === null ? "" : getComputedStyle(current).borderTopStyle;
      });
      if (name === "forced colours") expect(borders).toBe("solid");
      await visit.screenshot(`status-${name.replace(" ", "-")}`);
      expect(visit.faults()).toEqual([]);
      await visit.close();
    },
  );
});
