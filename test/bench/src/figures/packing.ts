import type { Bench, Figure } from "../figure.js";
import { atLeast, each, measured } from "../measurement.js";
import { measurePacking } from "../treasury/measure-packing.js";

const PAYOUTS = 2_000;

/** How full the treasury's transactions are when many payouts wait: to known recipients, to new ones, and to both. */
export const packing: Figure = {
  name: "packing",
  title: "payouts packed into transactions",
  unit: "payout",
  async measure(bench: Bench) {
    const rounds = Array.from({ length: bench.rounds }, () => ({
      known: measurePacking(PAYOUTS, 0),
      mixed: measurePacking(PAYOUTS, 0.3),
      fresh: measurePacking(PAYOUTS, 1),
    }));
    const of = (sort: "known" | "mixed" | "fresh") => rounds.map((round) => round[sort]);
    return [
      measured("filled, known recipients", "%", each(of("known"), "fillPercent"), atLeast(90)),
      measured("filled, three in ten new", "%", each(of("mixed"), "fillPercent"), atLeast(90)),
      measured("filled, new recipients", "%", each(of("fresh"), "fillPercent"), atLeast(90)),
      measured("payouts per transaction, three in ten new", "", each(of("mixed"), "payoutsPerBatch")),
      measured("packed, three in ten new", "1/s", each(of("mixed"), "payoutsPerSecond")),
    ];
  },
};
