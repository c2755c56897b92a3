import { migrateToLatest } from "@flock/database";
import {
  type AccountCode,
  ensureGenesis,
  type Facts,
  type GroupPlan,
  migrations,
  type Operation,
  openAccounts,
  openLedgerDatabase,
  openWriterDatabase,
  planGroup,
  writeCommit,
} from "@flock/ledger/internal";
import { microLlama } from "@flock/money";
import { createLogger } from "@flock/observability";
import { DEFAULT_PARAMETERS } from "@flock/parameters";
import { HOLD_MICRO, HOLD_TIMEOUT_MS } from "./load-jobs.js";

export interface BatchWriterOptions {
  /** Of the ledger's database. */
  readonly databaseUrl: string;
  readonly settlements: number;
  /** Default 500, as the service's groups. */
  readonly batch?: number;
}

const WALLETS = 100;
const WORKERS = 50;

/**
 * What the database can do alone: settlements per second that one connection writes, batch after batch, each one
 * statement that was planned beforehand. The same tables, rules, constraints and durability as through the service; no
 * NATS, no facts to read, nobody to answer.
 */
export async function measureBatchWriter(options: BatchWriterOptions): Promise<number> {
  const { databaseUrl: url, settlements, batch = 500 } = options;
  const connection = { url, logger: createLogger("batch-writer", "silent") };
  const db = openLedgerDatabase(connection);
  const writer = openWriterDatabase(connection);
  try {
    await migrateToLatest(db, migrations);
    const protocolIds = await ensureGenesis(db.pool, DEFAULT_PARAMETERS);
    const run = Math.random().toString(36).slice(2, 10);
    const kept = await openAccounts(db.pool, accountsOf(run));
    const accountIds = new Map([...protocolIds, ...kept]);
    const write = (plan: GroupPlan) => writeCommit(writer.pool, plan.transfers, plan.settlements, accountIds);
    const plans = plansOf(run, settlements, batch);
    await write(plans.funding);
    for (const plan of plans.holds) await write(plan);
    const startedMs = performance.now();
    for (const plan of plans.settlements) await write(plan);
    return (settlements * 1_000) / (performance.now() - startedMs);
  } finally {
    await writer.close();
    await db.close();
  }
}

function accountsOf(run: string): AccountCode[] {
  const wallets = Array.from({ length: WALLETS }, (_, i): AccountCode => `wallet:${run}-w${i}`);
  const workers = Array.from({ length: WORKERS }, (_, i): AccountCode => `earnings:${run}-k${i}`);
  return [...wallets, ...workers];
}

function plansOf(run: string, jobs: number, batch: number) {
  const amount = microLlama(BigInt(Math.ceil(jobs / WALLETS)) * HOLD_MICRO);
  const wallets = Array.from({ length: WALLETS }, (_, i) => `${run}-w${i}`);
  const available = new Map(wallets.map((id): [AccountCode, typeof amount] => [`wallet:${id}`, amount]));
  const none: Facts = { available, transfers: new Map(), settlements: new Map(), cooldowns: new Map() };
  const plan = (operations: readonly Operation[], facts: Facts) =>
    planGroup(operations, facts, DEFAULT_PARAMETERS.values);
  const funding = plan(
    wallets.map((id) => ({ kind: "fund", transferId: id, accountId: id, amount })),
    { ...none, available: new Map() },
  );
  const holds: GroupPlan[] = [];
  const settlements: GroupPlan[] = [];
  for (let start = 0; start < jobs; start += batch) {
    const numbers = Array.from({ length: Math.min(batch, jobs - start) }, (_, i) => start + i);
    const held = numbers.map((job) => holdOf(run, job));
    const both = plan([...held, ...numbers.map((job) => settleOf(run, job))], none);
    holds.push(plan(held, none));
    const transfers = both.transfers.filter((transfer) => transfer.phase !== "pending");
    settlements.push({ ...both, transfers });
  }
  return { funding, holds, settlements };
}

function holdOf(run: string, job: number): Operation<"hold"> {
  const amount = microLlama(HOLD_MICRO);
  return {
    kind: "hold",
    jobId: `${run}-${job}`,
    accountId: `${run}-w${job % WALLETS}`,
    amountMax: amount,
    amountMin: amount,
    timeoutMs: HOLD_TIMEOUT_MS,
  };
}

function settleOf(run: string, job: number): Operation<"settle"> {
  return {
    kind: "settle",
    jobId: `${run}-${job}`,
    accountId: `${run}-w${job % WALLETS}`,
    workerId: `${run}-k${job % WORKERS}`,
    requesterId: "load",
    model: "flock-tiny:latest",
    modelDigest: "0".repeat(64),
    promptTokens: 100n,
    completionTokens: 200n,
    promptPrice: microLlama(3n),
    completionPrice: microLlama(3n),
    finishedAtMs: 1_700_000_000_000,
    receiptHash: "0".repeat(64),
  };
}
