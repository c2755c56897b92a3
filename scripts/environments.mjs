/**
 * `npm run test:environments [-- --only <text>] [-- --node <program>]`: whether `npm start` answers, and `npm test` runs,
 * from a fresh clone in each odd environment that somebody may have, or says in its own words why it cannot. Takes ten
 * minutes, so it is no part of `npm test`. What is tested is what is committed. One line each; exit code 1 if any failed.
 */
import { dirname, resolve } from "node:path";
import { CloneShelf } from "./environments/clones.mjs";
import { environments } from "./environments/list.mjs";
import { tryEnvironment } from "./environments/trial.mjs";
import { readOptions, runTrials } from "./environments/trials.mjs";

const { only, node } = readOptions(
  { only: "", node: undefined },
  "npm run test:environments -- [--only <text>] [--node <program>]",
);
// npm and everything below it take the first Node on PATH.
if (node !== undefined) process.env.PATH = `${dirname(resolve(node))}:${process.env.PATH}`;

const shelf = new CloneShelf();
const trials = environments()
  .filter(({ name }) => name.includes(only))
  .map((environment) => ({ name: environment.name, run: () => tryEnvironment(environment, shelf) }));
await runTrials(trials, shelf, "environments");
