/**
 * `node scripts/run.cjs <script> [arguments]`: runs `scripts/<script>.mjs` in this process, if it can run here at all. An
 * old-fashioned module, because that is what every Node can read from every path: what is wrong with either is to be said
 * in a sentence, and not by a stack trace.
 */
const { join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");

/** As package.json says it: the major and the minor number. */
const NODE_MIN = require("../package.json").engines.node.match(/\d+/g).map(Number);

/** What a path may not have in it, and why not. All else is tried by `npm run test:environments`. */
const IMPOSSIBLE = [
  ["\\", "Node cannot import from there"],
  [":", "npm finds the tools that build by PATH, whose parts are separated by it"],
];

function obstacle() {
  const root = resolve(__dirname, "..");
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])) {
    return (
      `this is Node ${process.versions.node}, and FlockOllamas needs ${NODE_MIN.join(".")} or newer.\n` +
      "Install a current Node (https://nodejs.org) and try again."
    );
  }
  const found =
    process.platform === "win32" ? undefined : IMPOSSIBLE.find(([character]) => root.includes(character));
  if (found === undefined) return undefined;
  return (
    `FlockOllamas cannot be built in a directory whose path has a "${found[0]}": ${found[1]}.\n` +
    `Rename or move ${root}, and try again.`
  );
}

const [, , name, ...args] = process.argv;
const reason = obstacle();
if (reason === undefined) {
  const script = join(__dirname, `${name}.mjs`);
  process.argv = [process.argv[0], script, ...args];
  void import(pathToFileURL(script).href);
} else {
  process.stderr.write(`\nFAILED: ${reason}\n`);
  process.exitCode = 1;
}
