import { verifyBooks } from "@flock/harness";
import type { Bench, Figure } from "../figure.js";
import { measureBatchWriter } from "../ledger/batch-writer.js";
import { maintainDatabase } from "../ledger/maintain-database.js";
import { driveHolds, prepareSettlements } from "../ledger/settlement-load.js";
import { atLeast, atMost, each, measured } from "../measurement.js";

const SETTLEMENTS_PER_SECOND = 8_000;
/** More than any ledger settles. */
const FLAT_OUT_PER_SECOND = 50_000;
const HOLDS_PER_SECOND = 1_000;
const SPREAD = { wallets: 100 };

/**
 * Settlements of held jobs at a rate, through the ledger's process with all that it does beside them (fees, pools, hash
 * chain, events), next to what one set-based writer reaches alone on the same database; and holds at a rate.
 */
export const settlements: Figure = {
  name: "settlements",
  title: `ledger: ${SETTLEMENTS_PER_SECOND} settlements/s asked, ${HOLDS_PER_SECOND} holds/s asked`,
  unit: "settlement",
  async measure(bench: Bench) {
    const count = bench.isQuick ? 8_000 : 40_000;
    const { connection, databaseUrl } = bench.mesh;
    const load = { ...SPREAD, settlements: count, ratePerSecond: SETTLEMENTS_PER_SECOND };
    await maintainDatabase(databaseUrl);
    const warmUp = await prepareSettlements(connection, load);
    await warmUp(); // Until then each process runs code that is not compiled yet.
    const rounds = [];
    for (let round = 0; round < bench.rounds; round++) {
      await maintainDatabase(databaseUrl);
      const settle = await prepareSettlements(connection, load);
      const speed = await bench.observed(settle, () => count);
      const holds = { ...SPREAD, holds: count / 20, ratePerSecond: HOLDS_PER_SECOND };
      const held = await driveHolds(connection, holds);
      const settleFlatOut = await prepareSettlements(connection, {
        ...load,
        ratePerSecond: FLAT_OUT_PER_SECOND,
      });
      const { settlementsPerSecond: most } = await settleFlatOut();
      const alone = await measureBatchWriter({ databaseUrl, settlements: count });
      rounds.push({ ...speed, ...held, most, alone, share: (100 * most) / alone });
    }
    const faults = await verifyBooks(databaseUrl);
    if (faults.length > 0) throw new Error(`wrong books: ${faults.join("; ")}`);
    return [
      measured(
        "settlements",
        "1/s",
        each(rounds, "settlementsPerSecond"),
        atLeast(0.99 * SETTLEMENTS_PER_SECOND),
      ),
      measured("event to settlement, p50", "ms", each(rounds, "settleP50Ms")),
      measured("event to settlement, p99", "ms", each(rounds, "settleP99Ms"), atMost(50)),
      measured("reference: one batch writer alone on the database", "1/s", each(rounds, "alone")),
      measured("settlements, flat out", "1/s", each(rounds, "most")),
      measured("settlements flat out, of the batch writer", "%", each(rounds, "share"), atLeast(40)),
      measured("time to hold, p50", "ms", each(rounds, "holdP50Ms")),
      measured("time to hold, p99", "ms", each(rounds, "holdP99Ms"), atMost(15)),
    ];
  },
};
