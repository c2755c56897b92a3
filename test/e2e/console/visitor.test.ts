import { TestMesh } from "@flock/harness";
import type { Browser, Page } from "playwright-core";
import { browse, type Visit } from "../../../packages/console/test/harness/browse.js";
import { answers, ask } from "../../../packages/console/test/harness/chat-visit.js";
import { startChromium } from "../../../packages/console/test/harness/chromium.js";

/* A browser in front of a whole mesh, as "npm start" runs it. */

/** 10 s on a machine that is quiet; this one may be busy with other tests. */
const READY_TO_ANSWER_MAX_MS = 20_000;

describe("a visitor of the console of a whole mesh", () => {
  let mesh: TestMesh;
  let browser: Browser;
  let visit: Visit;
  let page: Page;
  let readyMs = 0;
  beforeAll(async () => {
    browser = await startChromium();
    // Resolves with the READY line of the launcher.
    mesh = await TestMesh.start({ workers: 2, guests: true });
    readyMs = performance.now();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await mesh?.stop();
  }, 60_000);

  it("is sent to the chat, asks without a key within 10 s of READY, and gets an answer that tells its story", async () => {
    visit = await browse(browser, `${mesh.state.apiUrl}/`);
    page = visit.page;
    expect(page.url()).toContain(`${mesh.state.apiUrl}/console/`);
    await ask(page, "What is the capital of Peru?");
    const answer = answers(page).last();
    await answer.getByText("Lima").waitFor();
    const afterMs = performance.now() - readyMs;
    process.stdout.write(`a visitor was answered ${(afterMs / 1_000).toFixed(1)} s after READY\n`);
    expect(afterMs).toBeLessThan(READY_TO_ANSWER_MAX_MS);
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
