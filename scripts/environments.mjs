/**
 * `npm run test:environments [-- --only <text>] [-- --node <program>]`: whether `npm start` answers, and `npm test` runs,
 * from a fresh clone in each odd environment that somebody may have, or says in its own words why it cannot. Takes ten
 * minutes, so it is no part of `npm test`. What is tested is what is committed. One line each; exit code 1 if any failed.
 */
import { dirname, resolve } from "node:path";
import { CloneShelf } from "./environments/clones.mjs";
import { environments } from "./environments/list.mjs";
import { endTrial, tryEnvironment } from "./environments/trial.mjs";

const { only, node } = readArguments(process.argv.slice(2));
// npm and everything below it take the first Node on PATH.
if (node !== undefined) process.env.PATH = `${dirname(resolve(node))}:${process.env.PATH}`;

const shelf = new CloneShelf();
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    isStopping = true;
    await endTrial();
    await shelf.remove();
    process.exit(1);
  });
}
let failures = 0;
try {
  for (const environment of environments().filter(({ name }) => name.includes(only))) {
    const startedAt = Date.now();
    const failure = await tryEnvironment(environment, shelf);
    const seconds = `${((Date.now() - startedAt) / 1_000).toFixed(0)} s`;
    if (failure === undefined) process.stdout.write(`ok      ${environment.name} (${seconds})\n`);
    else {
      failures += 1;
      process.stdout.write(
        `FAILED  ${environment.name} (${seconds})\n${failure.replace(/^/gm, "          ")}\n`,
      );
    }
  }
} catch (error) {
  if (!isStopping) throw error; // What was under way has been ended.
} finally {
  await shelf.remove();
}
process.stdout.write(
  failures === 0 ? "\nall environments are fine\n" : `\n${failures} environments failed\n`,
);
process.exitCode = failures === 0 ? 0 : 1;

function readArguments(args) {
  const found = { only: "", node: undefined };
  for (let index = 0; index < args.length; index += 2) {
    const name = args[index].replace(/^--/, "");
    if (!(name in found) || args[index + 1] === undefined) {
      process.stderr.write("usage: npm run test:environments -- [--only <text>] [--node <program>]\n");
      process.exit(2);
    }
    found[name] = args[index + 1];
  }
  return found;
}
