/**
 * All set-up that `npm start`, `npm test` and the other commands need, done by themselves: dependencies, built output,
 * nats-server. Quick when nothing has changed.
 */
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { isInstalled, stampInstallation } from "./installation.mjs";
import { runScript, runStep, StepFailure } from "./step.mjs";

/**
 * @param {{ needsNats?: boolean }} options whether a nats-server will be started; default true
 * @throws {import("./step.mjs").StepFailure}
 */
export async function setup({ needsNats = true } = {}) {
  if (!(await isInstalled())) await install();
  await runStep(
    "building",
    "node_modules/turbo/bin/turbo",
    ["run", "build", "--output-logs=errors-only", "--ui=stream"],
    {
      hint: "A compile error: fix it, or if you have changed nothing, remove node_modules and try again.",
    },
  );
  if (needsNats) await obtainServers();
}

/**
 * Beats whatever the files and variables of npm's configuration say: the tools that build are development dependencies,
 * and the native parts of most packages optional ones.
 */
const WHOLE = [
  ...["--include=prod", "--include=dev", "--include=optional", "--include=peer"],
  ...[
    "--no-dry-run",
    "--package-lock",
    "--no-global",
    "--install-strategy=hoisted",
    "--no-package-lock-only",
    // A few packages ask for a newer Node than they need; which ones ours runs on, `npm run test:nodes` tries.
    "--no-engine-strict",
  ],
];

/** Of the packages that npm has left out: so many are named. */
const NAMES_SHOWN = 5;

/**
 * `npm install --no-save` and not `npm ci`: both install what the lock says, but `npm ci` refuses to where a registry
 * does not carry every platform's variant of an optional package (npm then leaves it out of the lock).
 */
async function install() {
  const args = [
    "install",
    "--no-save",
    ...WHOLE,
    "--no-audit",
    "--no-fund",
    "--no-progress",
    "--loglevel=error",
  ];
  const hint =
    "Check the connection to the npm registry (npm ping) and the free disk space (about 1 GB), then try again.";
  const name = "installing dependencies (the first time takes about a minute)";
  await runStep(name, npmProgram(), args, { announce: true, hint });
  const missing = await stampInstallation();
  if (missing.length === 0) return;
  const more = missing.length > NAMES_SHOWN ? ` and ${missing.length - NAMES_SHOWN} more` : "";
  throw new StepFailure(
    `FAILED: installing dependencies: npm ended well, but has left out ${missing.slice(0, NAMES_SHOWN).join(", ")}${more}.\n` +
      "Look at npm's configuration (npm config list), remove node_modules and try again.",
  );
}

/**
 * npm tells its scripts where it is itself; without npm (plain `node scripts/start.mjs`), and where another package
 * manager runs us, it is looked for on PATH.
 */
export function npmProgram() {
  const { npm_execpath: path = "" } = process.env;
  return basename(path) === "npm-cli.js" ? path : "npm";
}

async function obtainServers() {
  await runStep("looking for nats-server", "deploy/local/provision/dist/main.js", [], {
    live: true,
    hint: "Without it nothing can run: follow one of the ways above, then try again.",
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await runScript(() => setup());
