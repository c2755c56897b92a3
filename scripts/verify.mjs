/**
 * `npm test` and `npm run verify`: set-up, lint and format, generated code, types, tests. Without the long ones, which are
 * named `*.long.test.ts`: `npm run test:all` runs these, too, and so does CI. Arguments after `--` go to jest, and then
 * length does not matter. Every check runs even if an earlier one failed; the last line counts the tests.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./environment.mjs";
import { checkGenerated } from "./generated.mjs";
import { setup } from "./setup.mjs";
import { runScript, runStep, StepFailure } from "./step.mjs";

/** What makes tests longer, or repeats one, for whoever looks for a rare fault; or lets them try more than is here. */
const TEST_VARIABLES = [
  ...["CHAIN_MODEL_RUNS", "CHAIN_COMPACTION_RUNS", "CHAIN_FUZZ_RUNS", "CHAIN_KILL_ROUNDS"],
  ...["LEDGER_CRASH_KILLS", "LEDGER_CRASH_SEED", "LEDGER_MODEL_OPERATIONS", "LEDGER_MODEL_SEED"],
  ...["TREASURY_CRASH_PAYOUTS", "TREASURY_CRASH_ROUNDS", "TREASURY_CRASH_SEED", "SELF_DEALING_WORLDS"],
  ...["OLLAMA_HOST", "PYTHON_CLIENTS", "CHROMIUM_PATH"],
];

/** What runs in a browser has other globals, and is checked without those of Node. */
const TYPE_CHECKS = [
  ["types", "tsconfig.json"],
  ["types of the console", "packages/console/tsconfig.json"],
  ["types of the console's tests", "packages/console/tsconfig.tests.json"],
];

const ALL = "--all";
const jestArguments = process.argv.slice(2).filter((argument) => argument !== ALL);
const isShort = !process.argv.includes(ALL) && jestArguments.length === 0;

const JEST_RESULTS = join(ROOT, ".cache/jest-results.json");

await runScript(async () => {
  const startedAt = Date.now();
  await setup();
  const failures = [];
  for (const check of [lint, checkGenerated, checkTypes, test]) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      failures.push(error.message);
    }
  }
  for (const failure of failures) process.stderr.write(`\n${failure}\n`);
  const counts = await testCounts();
  process.stdout.write(`\nall checks: ${((Date.now() - startedAt) / 1_000).toFixed(0)} s\n`);
  process.stdout.write(`tests: ${counts.passed} passed, ${counts.failed} failed\n`);
  if (failures.length > 0) process.exitCode = 1;
});

async function lint() {
  await runStep("lint and format", "node_modules/@biomejs/biome/bin/biome", ["check", "."], {
    announce: true,
    live: true,
    hint: "Most findings are fixed by: npm run format",
  });
}

async function checkTypes() {
  for (const [name, project] of TYPE_CHECKS) {
    await runStep(name, "node_modules/typescript/bin/tsc", ["--noEmit", "-p", project], {
      announce: true,
      live: true,
      hint: "Fix the type errors above.",
    });
  }
}

async function test() {
  await rm(JEST_RESULTS, { force: true });
  await mkdir(join(ROOT, ".cache"), { recursive: true });
  const node = [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    "node_modules/jest/bin/jest.js",
  ];
  const args = ["--json", `--outputFile=${JEST_RESULTS}`, ...jestArguments];
  const given = TEST_VARIABLES.filter((name) => process.env[name] !== undefined);
  await runStep("tests", process.execPath, [...node, ...args], {
    environment: {
      ...Object.fromEntries(given.map((name) => [name, process.env[name]])),
      ...(isShort ? { FLOCK_TESTS: "short" } : {}),
    },
    announce: true,
    live: true,
    hint: "To run one test file again: npm run jest -- <path>",
  });
}

/** As jest counts them; a test file that could not run at all counts as one failed test. */
async function testCounts() {
  try {
    const results = JSON.parse(await readFile(JEST_RESULTS, "utf8"));
    return {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
