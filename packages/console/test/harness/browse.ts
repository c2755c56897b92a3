import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";

/** Where screenshots go, for people to look at. */
const SCREENSHOTS = join(import.meta.dirname, "../../../../.cache/screenshots");

export const WIDTHS = [360, 768, 1280] as const;
const HEIGHTS: Record<number, number> = { 320: 640, 360: 640, 768: 1024, 1280: 800 };
const SCHEMES = ["light", "dark"] as const;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const AXE_RUN = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
  .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")))`;

/** A page in a browser of its own, of which everything is noted that must not happen. */
export interface Visit {
  readonly page: Page;
  /**
   * What went wrong so far: errors on the console and of scripts, violations of the policy, requests to other hosts.
   * `expected`: such lines are meant to be there, as where the api is made to fail.
   */
  faults(expected?: RegExp): readonly string[];
  /** What axe finds now, at any impact. */
  axe(): Promise<readonly string[]>;
  /** Keeps a picture in `.cache/screenshots`, for people. */
  screenshot(name: string): Promise<void>;
  /** By how many pixels the page can be scrolled sideways; it should be none. */
  sideways(): Promise<number>;
  /**
   * Tries the page at 360, 768 and 1280 px, light and dark: what axe finds in each, and where it scrolls sideways.
   * Keeps a picture of each, of the whole page.
   */
  looks(name: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Opens `url` and waits until the console has drawn a heading. */
export async function browse(
  browser: Browser,
  url: string,
  options: BrowserContextOptions & {
    readonly width?: number;
    /** Before anything is loaded, such as installing a wallet. */
    readonly prepare?: (context: BrowserContext) => Promise<void>;
  } = {},
): Promise<Visit> {
  const { width = 1280, prepare, ...others } = options;
  const context = await browser.newContext({
    viewport: { width, height: HEIGHTS[width] ?? 800 },
    reducedMotion: "reduce",
    ...others,
  });
  const noted: string[] = [];
  await context.exposeFunction("flockTestViolation", (text: string) => noted.push(`policy: ${text}`));
  await context.addInitScript(
    `addEventListener("securitypolicyviolation", (event) =>
      flockTestViolation(event.violatedDirective + " " + event.blockedURI + " " + event.sample))`,
  );
  await prepare?.(context);
  const page = await context.newPage();
  note(page, new URL(url).origin, noted);
  await page.goto(url);
  await page.locator("h1").waitFor();
  return visitOf(page, noted);
}

function note(page: Page, origin: string, noted: string[]): void {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) noted.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => noted.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) noted.push(`foreign request: ${request.url()}`);
  });
}

/** As high as the page, once it is drawn for its width: what a bar covers before somebody scrolls is no finding. */
async function showWhole(page: Page, width: number): Promise<void> {
  const drawn = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))";
  for (let shown = -1; shown !== page.viewportSize()?.height; ) {
    shown = page.viewportSize()?.height ?? 0;
    const height = await page.evaluate<number>(`${drawn}.then(() => document.documentElement.scrollHeight)`);
    await page.setViewportSize({ width, height });
  }
}

function visitOf(page: Page, noted: readonly string[]): Visit {
  const axe = async () => {
    // By the debugger, which no policy stops; a <script> would be stopped.
    await page.evaluate(AXE);
    return await page.evaluate<string[]>(AXE_RUN);
  };
  const sideways = () =>
    page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  const screenshot = async (name: string) => {
    await mkdir(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  };
  const looks = async (name: string) => {
    const found: string[] = [];
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHTS[width] ?? 800 });
      await showWhole(page, width);
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        const look = `${name}-${width}-${colorScheme}`;
        found.push(...(await axe()).map((each) => `${look}: ${each}`));
        const over = await sideways();
        if (over > 0) found.push(`${look}: ${over} px too wide`);
        await screenshot(look);
      }
    }
    return found;
  };
  return {
    page,
    faults: (expected) => noted.filter((line) => expected === undefined || !expected.test(line)),
    axe,
    screenshot,
    sideways,
    looks,
    close: () => page.context().close(),
  };
}
