import { browse } from "./harness/browse.js";
import { startChromium } from "./harness/chromium.js";
import { startConsoleServer } from "./harness/console-server.js";

const LIVE = "GET /flock/v1/live";

describe("the live feed", () => {
  it("takes one connection for all tabs of a browser, which the next takes over, so that the eighth loads", async () => {
    const [browser, server] = await Promise.all([startChromium(), startConsoleServer()]);
    try {
      const first = await browse(browser, `${server.url}/console/status`);
      const tabs = [first.page];
      while (tabs.length < 8) {
        const tab = await first.page.context().newPage();
        await tab.goto(`${server.url}/console/status`);
        tabs.push(tab);
      }
      for (const tab of tabs) await tab.getByText("live", { exact: true }).waitFor();
      expect(server.openCount(LIVE)).toBe(1);

      const [leader, next] = tabs;
      const closed = server.closed(LIVE);
      const taken = server.opened(LIVE);
      await leader?.close();
      await Promise.all([closed, taken]);
      await next?.getByText("live", { exact: true }).waitFor();
      expect(server.openCount(LIVE)).toBe(1);
    } finally {
      await browser.close();
      await server.close();
    }
  });

  it("is closed while its tab is hidden, and opened when it is seen again", async () => {
    const [browser, server] = await Promise.all([startChromium(), startConsoleServer()]);
    try {
      const { page } = await browse(browser, `${server.url}/console/status`);
      const see = (state: "hidden" | "visible") =>
        page.evaluate((value) => {
          Object.defineProperty(document, "visibilityState", { value, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }, state);
      await page.getByText("live", { exact: true }).waitFor();
      const closed = server.closed(LIVE);
      await see("hidden");
      await closed;
      expect(server.openCount(LIVE)).toBe(0);

      const again = server.opened(LIVE);
      await see("visible");
      await again;
    } finally {
      await browser.close();
      await server.close();
    }
  });

  it("asks every five seconds where no stream comes, and says so", async () => {
    const [browser, server] = await Promise.all([
      startChromium(),
      startConsoleServer({
        [LIVE]: { status: 503, json: { error: { code: "unavailable", message: "full" } } },
      }),
    ]);
    try {
      const visit = await browse(browser, `${server.url}/console/status`);
      await visit.page.getByText("every 5 s").waitFor();
      await visit.close();
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
