/*
 * `node deploy/local/provision/dist/main.js`: obtains what only a download can give, with progress on stderr, so that
 * nothing that runs later has to wait for it. Quick when everything is there.
 */
import { locateNatsServer } from "./nats-server-binary.js";

try {
  await locateNatsServer({ onProgress: (message) => process.stderr.write(`• ${message}\n`) });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
