import { browse, type Visit } from "./browse.js";
import { startChromium } from "./chromium.js";
import { type Answers, type ConsoleServer, startConsoleServer } from "./console-server.js";

export interface Rig {
  readonly server: ConsoleServer;
  /** Opens a path of the console, such as `/status`. */
  visit(path: string, options?: Parameters<typeof browse>[2]): Promise<Visit>;
  close(): Promise<void>;
}

/** A browser, and the built console with `answers` in the place of the api. */
export async function startRig(answers: Answers = {}): Promise<Rig> {
  const [browser, server] = await Promise.all([startChromium(), startConsoleServer(answers)]);
  return {
    server,
    visit: (path, options) => browse(browser, `${server.url}/console${path}`, options),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
