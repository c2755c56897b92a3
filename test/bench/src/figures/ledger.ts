import { verifyBooks } from "@flock/harness";
import type { Bench, Figure } from "../figure.js";
import { driveLedger, type LedgerLoad, type LedgerSpeed } from "../ledger/ledger-load.js";
import { maintainDatabase } from "../ledger/maintain-database.js";
import { atLeast, each, measured } from "../measurement.js";

/** Each is funded with a million LLAMA of what the protocol has to give. */
const WALLETS = 100;
const TIMEOUT_MS = 120_000;

/**
 * Holds and their settlements per second, through the ledger's process: a hold call over NATS, then the job's
 * completion event on the stream, until the last fee has arrived. Afterwards the books are checked, every transfer of
 * them.
 */
export const ledger: Figure = {
  name: "ledger",
  title: "ledger: hold call, then settlement from the completion event",
  unit: "pair",
  async measure(bench: Bench) {
    await drive(bench, { pairs: 2_000 });
    const rounds: LedgerSpeed[] = [];
    const alone: LedgerSpeed[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const pairs = bench.isQuick ? 5_000 : 20_000;
      rounds.push(
        await bench.observed(
          () => drive(bench, { pairs }),
          () => pairs,
        ),
      );
      await maintainDatabase(bench.mesh.databaseUrl);
      alone.push(await drive(bench, { pairs: 200, callers: 1 }));
    }
    const faults = await verifyBooks(bench.mesh.databaseUrl);
    if (faults.length > 0) throw new Error(`wrong books: ${faults.join("; ")}`);
    return [
      measured("hold + settle pairs, 512 callers", "1/s", each(rounds, "pairsPerSecond"), atLeast(5_000)),
      measured("time to hold, 512 callers, p50", "ms", each(rounds, "holdP50Ms")),
      measured("time to hold, 512 callers, p99", "ms", each(rounds, "holdP99Ms")),
      measured("time to hold, one caller, p50", "ms", each(alone, "holdP50Ms")),
      measured("time to hold, one caller, p99", "ms", each(alone, "holdP99Ms")),
    ];
  },
};

/** Rejects when a settlement does not come: it would be waited for for ever. */
async function drive(bench: Bench, load: LedgerLoad): Promise<LedgerSpeed> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const error = new Error(`not every job was settled within ${TIMEOUT_MS} ms`);
    timer = setTimeout(() => reject(error), TIMEOUT_MS);
  });
  try {
    const driven = driveLedger(bench.mesh.connection, { callers: 512, wallets: WALLETS, ...load });
    return await Promise.race([driven, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
