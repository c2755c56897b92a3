import { TARGETS } from "../registry.js";
import type { Report } from "./main.js";
import { runTarget } from "./run-target.js";

/** One target, in the process that {@link file://./main.ts} has started for it. */
const [name, seed] = process.argv.slice(2);
const target = TARGETS.find((each) => each.name === name);
if (target === undefined) throw new Error(`no target ${name}`);
const tell = (report: Report): void => void process.send?.(report);
const { FUZZ_INPUTS: inputs, FUZZ_SECONDS: seconds } = process.env;
const bounds = {
  inputsMax: inputs ? Number(inputs) : Number.POSITIVE_INFINITY,
  untilMs: performance.now() + Number(seconds) * 1_000,
};
const result = await runTarget(target, Number(seed), bounds, (batch, fed) =>
  tell({ seed: batch, inputs: fed }),
);
process.send?.({ result } satisfies Report, () => process.exit(0));
