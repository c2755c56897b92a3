import { ProofBench } from "@flock/epochs/testing";
import type { Bench, Figure } from "../figure.js";
import { atMost, each, measured } from "../measurement.js";

const EPOCH = { jobs: 1_000_000, workers: 2_000, accounts: 20_000, stakers: 1_000, seed: 1 };
const QUICK_JOBS = 50_000;

/** Proving a worker's amounts from an epoch's statement and its root, offline, the statement checked in full. */
export const proof: Figure = {
  name: "proof",
  title: "proof of one worker's amounts among a million jobs",
  unit: "proof",
  async measure(bench: Bench) {
    const prover = new ProofBench({ ...EPOCH, jobs: bench.isQuick ? QUICK_JOBS : EPOCH.jobs });
    try {
      const rounds = [];
      for (let round = 0; round < bench.rounds; round++) {
        const { fromStatementMs, fromCompactMs } = prover.measure(round);
        rounds.push({ fromStatement: fromStatementMs / 1_000, fromCompact: fromCompactMs / 1_000 });
      }
      return [
        measured("from the whole statement", "s", each(rounds, "fromStatement"), atMost(2)),
        measured("from a compact proof", "s", each(rounds, "fromCompact")),
      ];
    } finally {
      prover.close();
    }
  },
};
