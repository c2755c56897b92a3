import { ignoreForeignVariables } from "@flock/provision";
import { runLauncher } from "./launcher.js";
import { onLostReader } from "./lost-reader.js";
import { parseOptions } from "./options.js";
import { onStopRequest } from "./stop-request.js";

const environment = { ...process.env };
ignoreForeignVariables();
onLostReader();
const say = (line: string) => void process.stdout.write(`${line}\n`);
const stop = new AbortController();
onStopRequest(
  (reason) => stop.abort(reason),
  () => process.exit(130), // The guardian ends what is left.
);

try {
  await runLauncher(parseOptions(process.argv.slice(2), environment), say, stop.signal);
  process.exit(0);
} catch (error) {
  process.stderr.write(`\n${(error as Error).message}\n`);
  process.exit(1);
}
