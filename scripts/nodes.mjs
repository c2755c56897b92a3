/**
 * `npm run test:nodes [-- --only <version>]`: whether `npm start` answers in a fresh clone, and the end-to-end tests pass
 * there, with each Node that people have. The Nodes come from npm. Takes a quarter of an hour, so it is no part of
 * `npm test`. What is tested is what is committed. One line each; exit code 1 if any failed.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { ROOT, toolEnvironment } from "./environment.mjs";
import { CloneShelf } from "./environments/clones.mjs";
import { tryEnvironment } from "./environments/trial.mjs";
import { readOptions, runTrials } from "./environments/trials.mjs";

const run = promisify(execFile);

const { engines } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
/** The oldest one that package.json allows, and of each later line with long support the newest. */
const VERSIONS = [`${engines.node.replace(">=", "")}.0`, "22", "24", "26"];

const { only } = readOptions({ only: "" }, "npm run test:nodes -- [--only <version>]");
const shelf = new CloneShelf();
const trials = VERSIONS.filter((version) => version.startsWith(only)).flatMap(trialsWith);
await runTrials(trials, shelf, "Nodes");

/** Both in one clone, which the first one installs and builds. */
function trialsWith(version) {
  let clone;
  const tried = async (environment) => {
    const variables = { PATH: `${await fetchNode(version)}${delimiter}${process.env.PATH}` };
    clone ??= await shelf.fresh(`node-${version}`);
    return tryEnvironment({ ...environment, variables }, { shared: async () => clone });
  };
  return [
    { name: `Node ${version}: npm start`, run: () => tried({}) },
    {
      name: `Node ${version}: end-to-end tests`,
      run: () => tried({ command: "npm run jest -- test/e2e", ends: true, says: [/^Tests: +\d+ passed/m] }),
    },
  ];
}

/** @returns the directory that the program is in */
async function fetchNode(version) {
  const home = join(ROOT, ".cache/node", version);
  await mkdir(home, { recursive: true });
  const platform = process.platform === "win32" ? "win" : process.platform;
  const args = ["install", "--prefix", home, "--no-save", "--no-package-lock", "--ignore-scripts"];
  const packageName = `node-${platform}-${process.arch}@${version}`;
  await run("npm", [...args, packageName], { cwd: home, env: toolEnvironment() });
  return join(home, "node_modules/.bin");
}
