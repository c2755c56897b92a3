import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { TARGETS } from "../registry.js";
import type { FuzzResult } from "./run-target.js";

/*
 * `npm run fuzz`: the long form. Each target has a process of its own, so that one that hangs, dies or fills its memory
 * is told with the seed that made it.
 */

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true, default: [] },
    seed: { type: "string" },
    inputs: { type: "string" },
    seconds: { type: "string" },
  },
});
const LOADER = pathToFileURL(join(import.meta.dirname, "register.mjs")).href;
const SECONDS_DEFAULT = 15;
const MEMORY_MB_MAX = 512;
/** A batch takes some seconds at the most. */
const HANG_MS = 60_000;

/** What the process of a target tells. */
export type Report = { readonly seed: number; readonly inputs: number } | { readonly result: FuzzResult };

const unknown = values.target.filter((name) => !TARGETS.some((target) => target.name === name));
if (unknown.length > 0) {
  const known = TARGETS.map(({ name }) => name).join(", ");
  process.stderr.write(`no such target: ${unknown.join(", ")}. There are: ${known}\n`);
  process.exit(1);
}
const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const seconds = Number(values.seconds ?? (values.inputs === undefined ? SECONDS_DEFAULT : 3_600));
const chosen = TARGETS.filter(({ name }) => values.target.length === 0 || values.target.includes(name));

const row = (...cells: readonly string[]): void => {
  process.stdout.write(
    `${cells.map((cell, index) => (index === 0 ? cell.padEnd(22) : cell.padStart(12))).join("")}\n`,
  );
};
row("target", "inputs", "taken", "inputs/s", "seed");
let total = 0;
for (const { name } of chosen) {
  const { inputs, taken, ms, failure } = await outcomeOf(name);
  total += inputs;
  const rate = Math.round((inputs / Math.max(1, ms)) * 1_000);
  row(
    name,
    String(inputs),
    `${((100 * taken) / Math.max(1, inputs)).toFixed(0)} %`,
    String(rate),
    String(firstSeed),
  );
  if (failure === undefined) continue;
  process.exitCode = 1;
  process.stdout.write(`\nFAILED: ${failure.what}\n`);
  process.stdout.write(`again: npm run fuzz -- --target ${name} --seed ${failure.seed} --inputs 1\n\n`);
}
row("all", String(total), "", "", "");

async function outcomeOf(name: string): Promise<FuzzResult> {
  const startedMs = performance.now();
  const child = fork(join(import.meta.dirname, "target-process.ts"), [name, String(firstSeed)], {
    execArgv: ["--import", LOADER, `--max-old-space-size=${MEMORY_MB_MAX}`],
    env: { ...process.env, FUZZ_INPUTS: values.inputs ?? "", FUZZ_SECONDS: String(seconds) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let last = { seed: firstSeed, inputs: 0 };
  let result: FuzzResult | undefined;
  const hang = setTimeout(() => child.kill("SIGKILL"), HANG_MS);
  child.on("message", (report: Report) => {
    hang.refresh();
    if ("result" in report) result = report.result;
    else last = report;
  });
  await once(child, "exit");
  clearTimeout(hang);
  const what = `its process ended with ${child.exitCode ?? child.signalCode}: it hung, died or filled its memory`;
  const { seed, inputs } = last;
  return result ?? { inputs, taken: 0, ms: performance.now() - startedMs, failure: { seed, what } };
}
