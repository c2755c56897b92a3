import { TestMesh } from "@flock/harness";
import type { Browser, Page } from "playwright-core";
import { browse, type Visit } from "../../../packages/console/test/harness/browse.js";
import { answers, ask } from "../../../packages/console/test/harness/chat-visit.js";
import { startChromium } from "../../../packages/console/test/harness/chromium.js";

/* A browser in front of a whole mesh, as "npm start" runs it. */

describe("a visitor of the console of a whole mesh", () => {
  let mesh: TestMesh;
  let browser: Browser;
  let visit: Visit;
  let page: Page;
  beforeAll(async () => {
    [mesh, browser] = await Promise.all([TestMesh.start({ workers: 2, guests: true }), startChromium()]);
    visit = await browse(browser, `${mesh.state.apiUrl}/`);
    page = visit.page;
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await mesh?.stop();
  }, 60_000);

  it("is sent to the chat, asks without a key, and gets an answer that tells its story", async () => {
    expect(page.url()).toContain(`${mesh.state.apiUrl}/console/`);
    await ask(page, "What is the capital of Peru?");
    const answer = answers(page).last();
    await answer.getByText("Lima").waitFor();
    await answer.filter({ hasText: /\d tokens.*first token.*paid by the operator/ }).waitFor();
  });

  it("sees which models there are, how busy the network is, and that all services do", async () => {
    await page.getByRole("link", { name: "Models" }).first().click();
    await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
    await page.getByText("flock-tiny").first().waitFor();
    await page.getByRole("link", { name: "Network", exact: true }).first().click();
    await page
      .getByText(/of 8 slots busy at 2 workers/)
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Status" }).first().click();
    // The first look at the services is some seconds after the start.
    await page.getByRole("row", { name: /ledger ok/ }).waitFor({ timeout: 45_000 });
  });

  it("loads nothing from elsewhere, breaks no rule of the pages' policy, and sees nothing that axe minds", async () => {
    expect(await visit.axe()).toEqual([]);
    expect(visit.faults()).toEqual([]);
  });
});
