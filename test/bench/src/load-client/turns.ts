import { type Asker, askerOf, type Times } from "./asker.js";
import type { TurnsOutcome, TurnsPlan } from "./plan.js";

/** Made first, in turns that are not reported: they open the connections and warm the code. */
const WARM_UP_ASKS = 20;

/**
 * Runs the plan: in every turn each variant is asked once by each client, from turn to turn another one first, so that
 * whatever drifts falls on all alike. Rejects with the first wrong answer.
 */
export async function runTurns({ variants, turns, clients, asks, tokens }: TurnsPlan): Promise<TurnsOutcome> {
  const askers = variants.map((variant) => Array.from({ length: clients }, () => askerOf(variant, tokens)));
  const samples = variants.map(() => [] as Times[]);
  const durations = variants.map(() => 0);
  const warmUpTurns = Math.ceil(WARM_UP_ASKS / clients);
  try {
    for (let turn = -warmUpTurns; turn < turns; turn++) {
      for (let step = 0; step < variants.length; step++) {
        const index = (Math.abs(turn) + step) % variants.length;
        const startedMs = performance.now();
        const times = await askAll(askers[index] ?? [], turn < 0 ? 1 : asks);
        if (turn < 0) continue;
        durations[index] = (durations[index] ?? 0) + performance.now() - startedMs;
        samples[index]?.push(...times);
      }
    }
  } finally {
    await Promise.all(askers.flat().map((asker) => asker.close()));
  }
  return {
    kind: "turns",
    variants: samples.map((times, index) => ({
      firstByteMs: times.map(({ firstByteMs }) => firstByteMs),
      totalMs: times.map(({ totalMs }) => totalMs),
      perSecond: (1_000 * times.length) / (durations[index] ?? 0),
    })),
  };
}

/** Each asker so many times, one after the other. */
async function askAll(askers: readonly Asker[], asks: number): Promise<Times[]> {
  const times = await Promise.all(
    askers.map(async (asker) => {
      const own: Times[] = [];
      for (let ask = 0; ask < asks; ask++) own.push(await asker.ask());
      return own;
    }),
  );
  return times.flat();
}
