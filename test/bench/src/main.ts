import { runBench } from "./bench.js";
import { FIGURES } from "./figures/index.js";
import { parseOptions } from "./options.js";

const options = parseOptions(
  process.argv.slice(2),
  FIGURES.map(({ name }) => name),
);
const chosen = FIGURES.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => stop.abort(new Error(signal)));

const say = (line: string): void => void process.stdout.write(`${line}\n`);
try {
  process.exitCode = (await runBench(chosen, options, say, stop.signal)) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
