import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Starts the Chromium of this machine; nothing is downloaded. */
export async function startChromium(): Promise<Browser> {
  const given = process.env["CHROMIUM_PATH"];
  const executablePath = given ?? PLACES.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error(
      "The tests of the console need Chromium: install it (Debian and Ubuntu: apt-get install chromium), " +
        "or name the program of a Chromium or Chrome in CHROMIUM_PATH.",
    );
  }
  // No sandbox: containers rarely have one, and the pages are ours.
  return await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}
