import { type Rig, startRig } from "./harness/rig.js";

/* The shell around every page, as it is built, under the policy that the api sends with it. */

const SERVICE = { name: "api", state: "ok", instances: 1, since: "2026-11-29T14:02:11Z", note: null };
const STATUS = {
  "GET /flock/v1/status": {
    json: { as_of: new Date().toISOString(), services: [SERVICE], incidents: [], days: [], payouts: null },
  },
};

let rig: Rig;

beforeAll(async () => {
  rig = await startRig(STATUS);
});

afterAll(async () => {
  await rig.close();
});

describe("the console", () => {
  it("looks right at every width in both themes, asks no other host, and breaks no policy", async () => {
    const visit = await rig.visit("/status");
    await visit.page.getByRole("rowheader", { name: "api" }).waitFor();
    expect(await visit.looks("status")).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("never scrolls sideways, not on the narrowest screen, which is also a wide one at 400 %", async () => {
    const visit = await rig.visit("/status", { width: 320 });
    expect(await visit.sideways()).toBe(0);
    await visit.close();
  });

  it("goes by the keyboard: past the bars by the skip link, to a page by its name, and back", async () => {
    const visit = await rig.visit("/nowhere");
    const { page } = visit;
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the page");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");

    await page.keyboard.press("Control+k");
    await page.locator("input:focus").waitFor();
    await page.keyboard.type("incid");
    expect(await page.getByRole("option").allTextContents()).toEqual(["Statuspage"]);
    expect(await visit.axe()).toEqual([]);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/status");
    await page.locator("h1:focus", { hasText: "Status" }).waitFor();
    expect(await page.title()).toBe("Status · FlockOllamas");

    await page.goBack();
    await page.locator("h1:focus", { hasText: "Nothing is here" }).waitFor();
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("shows what failed in its panel alone, and asks again no sooner than the api wants", async () => {
    const error = { code: "resource_exhausted", message: "too many requests", retry_after_ms: 1_500 };
    rig.server.answer({ "GET /flock/v1/status": { status: 429, json: { error } } });
    const visit = await rig.visit("/status");
    const alert = visit.page.getByRole("alert");
    await alert.getByText("Too many requests").waitFor();
    await alert.getByText("Details").click();
    await alert.getByText("resource_exhausted · status 429 · request req-test").waitFor();
    expect(await alert.getByRole("button").isDisabled()).toBe(true);
    expect(await visit.axe()).toEqual([]);
    rig.server.answer(STATUS);
    await alert.getByRole("button", { name: "Try again", exact: true }).click();
    await visit.page.getByRole("rowheader", { name: "api" }).waitFor();
    expect(visit.faults(/status of 429/)).toEqual([]);
    await visit.close();
  });

  it("keeps the chosen theme for the next visit, whatever the system has", async () => {
    const visit = await rig.visit("/status", { colorScheme: "light" });
    const { page } = visit;
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(await background()).toBe("rgb(250, 248, 244)");
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    expect(await background()).toBe("rgb(19, 21, 24)");
    await page.reload();
    expect(await background()).toBe("rgb(19, 21, 24)");
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("finds the pages of a phone behind More", async () => {
    const visit = await rig.visit("/nowhere", { width: 360, hasTouch: true });
    await visit.page.getByRole("button", { name: "More" }).tap();
    expect(await visit.axe()).toEqual([]);
    await visit.page.getByRole("dialog").getByRole("link", { name: "Status" }).tap();
    await visit.page.locator("h1", { hasText: "Status" }).waitFor();
    expect(await visit.page.getByRole("dialog").count()).toBe(0);
    await visit.close();
  });

  it("keeps a key that was pasted in its tab alone, and forgets it when the api no longer takes it", async () => {
    const wallet = { wallet: { available_micro: "1234567800004" } };
    rig.server.answer({ "GET /flock/v1/account": { json: wallet } });
    const visit = await rig.visit("/status");
    const { page } = visit;
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Sign in …" }).click();
    await page.getByRole("tab", { name: "API key" }).click();
    await page.getByRole("textbox", { name: "API key" }).fill("flk_AbCdEfGh1234");
    await page.keyboard.press("Enter");
    await page
      .getByRole("link", { name: /^Balance/ })
      .getByText("1,234,567.800004 LLAMA")
      .waitFor();
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await visit.sideways()).toBe(0);
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("flk_");
    expect(page.url()).not.toContain("flk_");
    expect(await page.content()).not.toContain("flk_AbCd");

    const error = { code: "unauthenticated", message: "the key was revoked" };
    rig.server.answer({ "GET /flock/v1/account": { status: 401, json: { error } } });
    await page.reload();
    await page.getByRole("button", { name: "Account" }).waitFor();
    await page.waitForFunction(() => sessionStorage.length === 0);
    expect(visit.faults(/status of 401/)).toEqual([]);
    await visit.close();
  });

  it("loads itself anew, once, when a file of a page is gone after a deploy", async () => {
    const visit = await rig.visit("/nowhere");
    const { page } = visit;
    let loads = 0;
    page.on("load", () => {
      loads += 1;
    });
    await page.route(/assets\/status-page.*js/, (route) => route.fulfill({ status: 404 }));
    await page.getByRole("link", { name: "Status" }).click();
    await page.getByRole("alert").getByText("This page could not be drawn").waitFor();
    await page.locator("h1", { hasText: "Status" }).waitFor();
    await page.getByRole("navigation").first().getByRole("link", { name: "Status" }).waitFor();
    await visit.screenshot("broken-page");
    expect(await visit.axe()).toEqual([]);
    expect(loads).toBe(1);
    await visit.close();
  });
});
