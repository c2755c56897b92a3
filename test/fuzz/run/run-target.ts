import fc from "fast-check";
import type { FuzzTarget } from "../fuzz-target.js";

/** Inputs that one seed makes: then the next begins, and what fails is found by its seed again. */
export const BATCH_INPUTS = 500;
/** More than this, and an input costs its sender nothing and us everything. */
const CPU_MS_MAX = 1_000;
/** Also of what only waits; a busy machine makes everything slow. */
const WALL_MS_MAX = 10_000;
/** Counterexamples can be long. */
const SHOWN_LENGTH_MAX = 2_000;

export interface FuzzBounds {
  readonly inputsMax: number;
  readonly untilMs: number;
}

export interface FuzzResult {
  readonly inputs: number;
  /** Of these: the code took them for what it is meant for. */
  readonly taken: number;
  readonly ms: number;
  /** With the seed that makes the same input again. */
  readonly failure?: { readonly seed: number; readonly what: string };
}

/**
 * Feeds a target with batches of inputs, the first of which `seed` makes, until one fails or a bound is met.
 * @param onBatch Told of each before it begins.
 */
export async function runTarget(
  target: FuzzTarget,
  seed: number,
  { inputsMax, untilMs }: FuzzBounds,
  onBatch: (seed: number, inputs: number) => void = () => {},
): Promise<FuzzResult> {
  const { inputs: made, probe, close } = await target.open();
  const unhandled: unknown[] = [];
  const onUnhandled = (thrown: unknown): void => void unhandled.push(thrown);
  process.on("unhandledRejection", onUnhandled).on("uncaughtException", onUnhandled);
  const startedMs = performance.now();
  let inputs = 0;
  let taken = 0;
  // The first batch is run in any case: to open a target may take all of a short time.
  const hasTime = () => inputs < inputsMax && performance.now() < untilMs;
  const result = () => ({ inputs, taken, ms: performance.now() - startedMs });
  try {
    for (let batchSeed = seed; batchSeed === seed || hasTime(); batchSeed++) {
      onBatch(batchSeed, inputs);
      const property = fc.asyncProperty(made, async (input) => {
        if (await inTime(() => probe(input))) taken += 1;
      });
      const details = await fc.check(property, { seed: batchSeed, numRuns: BATCH_INPUTS });
      inputs += details.numRuns;
      await new Promise((resolve) => setImmediate(resolve));
      const [loose] = unhandled;
      const what = details.failed
        ? described(details)
        : unhandled.length > 0
          ? `nobody has caught: ${textOf(loose)}`
          : undefined;
      if (what !== undefined) return { ...result(), failure: { seed: batchSeed, what } };
    }
    // What takes nothing is not tried by any of this.
    const what = "none of all inputs was taken";
    return taken > 0 ? result() : { ...result(), failure: { seed, what } };
  } finally {
    process.off("unhandledRejection", onUnhandled).off("uncaughtException", onUnhandled);
    await close?.();
  }
}

async function inTime(probe: () => boolean | Promise<boolean>): Promise<boolean> {
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const isTaken = await probe();
  const ms = performance.now() - startedMs;
  if (ms < CPU_MS_MAX) return isTaken;
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1_000;
  if (cpuMs > CPU_MS_MAX || ms > WALL_MS_MAX)
    throw new Error(`one input took ${ms.toFixed(0)} ms, ${cpuMs.toFixed(0)} ms of them on a processor`);
  return isTaken;
}

function described({ counterexample, errorInstance, numShrinks }: fc.RunDetails<[unknown]>): string {
  const [input] = counterexample ?? [];
  return `after ${numShrinks} shrinks\n${fc.stringify(input).slice(0, SHOWN_LENGTH_MAX)}\n${textOf(errorInstance)}`;
}

function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause === undefined
    ? `${thrown.stack}`
    : `${thrown.stack}\ncaused by ${textOf(thrown.cause)}`;
}
