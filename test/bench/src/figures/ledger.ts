import { setTimeout as sleep } from "node:timers/promises";
import { call, EventPublisher, LEDGER_METHODS, type Mesh } from "@flock/mesh";
import { EVENTS, InferenceCompleted } from "@flock/proto";
import type { Bench, Figure } from "../figure.js";
import { measured } from "../measurement.js";
import { summarize } from "../statistics.js";
import { CHARGE_MICRO, HOLD_MICRO, type LedgerJob, ledgerJobs, openWallets } from "./ledger-jobs.js";

const ACCOUNTS = 64;
/** Calls under way at the same time: about what one busy api process has. */
const CALLERS = 256;
const POLL_INTERVAL_MS = 20;
const SETTLEMENT_TIMEOUT_MS = 60_000;

/**
 * Holds and their settlements per second, through the ledger's process: hold calls over NATS, a completion event on the
 * stream for each, until every wallet shows that its holds are gone and its charges are booked.
 */
export const ledger: Figure = {
  name: "ledger",
  title: `ledger: hold, then settle from the completion event, ${ACCOUNTS} accounts`,
  async measure(bench: Bench) {
    const { connection } = bench.mesh;
    const jobsPerRound = bench.isQuick ? 4_000 : 20_000;
    const wallets = await openWallets(connection, ACCOUNTS, BigInt(jobsPerRound) * HOLD_MICRO * 20n);
    const events = new EventPublisher(connection);
    await holdAndSettle(connection, events, ledgerJobs(wallets, 2_000));
    const rates: number[] = [];
    const holdRates: number[] = [];
    const latencies: { p50: number; p99: number }[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const jobs = ledgerJobs(wallets, jobsPerRound);
      const outcome = await bench.observed(() => holdAndSettle(connection, events, jobs));
      rates.push((1_000 * jobs.length) / outcome.settledMs);
      holdRates.push((1_000 * jobs.length) / outcome.heldMs);
      latencies.push(summarize(outcome.holdMs));
    }
    return [
      measured("hold + settle pairs", "1/s", rates, { comparison: "at least", value: 5_000 }),
      measured("holds while settling", "1/s", holdRates),
      measured(
        `time to hold, ${CALLERS} under way, p50`,
        "ms",
        latencies.map((latency) => latency.p50),
      ),
      measured(
        `time to hold, ${CALLERS} under way, p99`,
        "ms",
        latencies.map((latency) => latency.p99),
      ),
    ];
  },
};

interface HoldAndSettle {
  /** From the first call to the last hold; and until the last settlement was seen. */
  readonly heldMs: number;
  readonly settledMs: number;
  readonly holdMs: readonly number[];
}

async function holdAndSettle(
  connection: Mesh,
  events: EventPublisher,
  jobs: readonly LedgerJob[],
): Promise<HoldAndSettle> {
  const expected = await balancesAfter(connection, jobs);
  const holdMs: number[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
      const askedMs = performance.now();
      await call(connection, LEDGER_METHODS.hold, job.hold, { timeoutMs: 10_000 });
      holdMs.push(performance.now() - askedMs);
      const messageId = `${job.hold.jobId}.completed`;
      void events.publish(EVENTS.inferenceCompleted, messageId, InferenceCompleted, job.completed);
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const heldMs = performance.now() - startedMs;
  await events.flush();
  for (const [wallet, posted] of expected) await untilSettled(connection, wallet, posted);
  return { heldMs, settledMs: performance.now() - startedMs, holdMs };
}

/** What each wallet has to show when all its jobs are settled. */
async function balancesAfter(connection: Mesh, jobs: readonly LedgerJob[]): Promise<Map<string, bigint>> {
  const expected = new Map<string, bigint>();
  for (const { wallet } of jobs) {
    const before = expected.get(wallet) ?? (await balanceOf(connection, wallet)).postedMicro;
    expected.set(wallet, before - CHARGE_MICRO);
  }
  return expected;
}

async function untilSettled(connection: Mesh, wallet: string, postedMicro: bigint): Promise<void> {
  const deadline = performance.now() + SETTLEMENT_TIMEOUT_MS;
  for (;;) {
    const balance = await balanceOf(connection, wallet);
    if (balance.postedMicro === postedMicro && balance.heldMicro === 0n) return;
    if (balance.postedMicro < postedMicro || performance.now() > deadline) {
      const shown = `posted ${balance.postedMicro}, held ${balance.heldMicro}`;
      throw new Error(`wrong balance of ${wallet}: ${shown} instead of ${postedMicro} and 0`);
    }
    await sleep(POLL_INTERVAL_MS);
  }
}

function balanceOf(connection: Mesh, ledgerAccount: string) {
  return call(connection, LEDGER_METHODS.balance, { version: 1, ledgerAccount }, { timeoutMs: 10_000 });
}
