/**
 * All set-up that `npm start`, `npm test` and the other commands need, done by themselves: dependencies, built output,
 * nats-server. Quick when nothing has changed.
 */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, runScript, runStep, StepFailure } from "./step.mjs";

const NODE_MIN = [20, 11];

const { env: environment } = process;

/** @throws {import("./step.mjs").StepFailure} */
export async function setup() {
  checkNode();
  if (!(await isInstalled())) await install();
  await runStep(
    "building",
    "node_modules/turbo/bin/turbo",
    ["run", "build", "--output-logs=errors-only", "--ui=stream"],
    {
      hint: "A compile error: fix it, or if you have changed nothing, remove node_modules and try again.",
    },
  );
  if (!environment.NATS_URL) await obtainServers();
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  throw new StepFailure(
    `FAILED: checking Node: this is ${process.versions.node}, and FlockOllamas needs ${NODE_MIN.join(".")} or newer.\n` +
      "Install a current Node (https://nodejs.org) and try again.",
  );
}

/** Says what our last installation was made from. */
const STAMP = join(ROOT, "node_modules/.flock-installed");

/** Over the lock and the package.json of every workspace. */
async function dependenciesHash() {
  const lock = await readFile(join(ROOT, "package-lock.json"), "utf8");
  const workspaces = Object.keys(JSON.parse(lock).packages).filter((path) => !path.includes("node_modules/"));
  const hash = createHash("sha256").update(lock);
  for (const path of workspaces.sort()) {
    // A workspace that the lock names and the checkout has not: npm decides what that means.
    hash.update(await readFile(join(ROOT, path, "package.json")).catch(() => ""));
  }
  return hash.digest("hex");
}

/**
 * Whether node_modules holds what package-lock.json asks for: because we installed it, or because somebody else did,
 * as the copy of the lock says that npm leaves in node_modules. Optional packages are for other platforms.
 */
async function isInstalled() {
  try {
    if ((await readFile(STAMP, "utf8").catch(() => "")) === (await dependenciesHash())) return true;
    const [wanted, present] = await Promise.all(
      ["package-lock.json", "node_modules/.package-lock.json"].map(async (name) => {
        return JSON.parse(await readFile(join(ROOT, name), "utf8")).packages;
      }),
    );
    return Object.entries(wanted).every(([path, entry]) => {
      if (!path.startsWith("node_modules/") || entry.optional || entry.devOptional || entry.peer) return true;
      const found = present[path];
      return found?.version === entry.version && found?.integrity === entry.integrity;
    });
  } catch {
    return false;
  }
}

/**
 * `npm install --no-save` and not `npm ci`: both install what the lock says, but `npm ci` refuses to where a registry
 * does not carry every platform's variant of an optional package (npm then leaves it out of the lock).
 */
async function install() {
  // npm tells its scripts where it is itself; without npm (plain `node scripts/start.mjs`) it is looked for on PATH.
  const npm = environment.npm_execpath ?? "npm";
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  await runStep("installing dependencies (the first time takes about a minute)", npm, args, {
    announce: true,
    hint: "Check the connection to the npm registry (npm ping) and the free disk space (about 1 GB), then try again.",
  });
  await writeFile(STAMP, await dependenciesHash());
}

async function obtainServers() {
  await runStep("looking for nats-server", "packages/provision/dist/main.js", [], {
    live: true,
    hint: "Without it nothing can run: follow one of the ways above, then try again.",
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await runScript(setup);
