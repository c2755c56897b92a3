import { createHash, randomUUID } from "node:crypto";
import { generateIdentity, type Identity } from "@flock/keys";
import { call, LEDGER_METHODS, type Mesh, signReceipt } from "@flock/mesh";
import { type HoldRequest, type InferenceCompleted, Outcome, PROTOCOL_VERSION } from "@flock/proto";

const WORKERS = 8;
const PROMPT_TOKENS = 20;
const COMPLETION_TOKENS = 100;
const PROMPT_PRICE_MICRO = 2n;
const COMPLETION_PRICE_MICRO = 5n;
const HOLD_TIMEOUT_MS = 120_000;

export const CHARGE_MICRO =
  BigInt(PROMPT_TOKENS) * PROMPT_PRICE_MICRO + BigInt(COMPLETION_TOKENS) * COMPLETION_PRICE_MICRO;
/** A client reserves more than it uses. */
export const HOLD_MICRO = 2n * CHARGE_MICRO;

const MODEL = "ledger-bench:latest";
const MODEL_DIGEST = createHash("sha256").update(MODEL).digest("hex");

/** A job as the ledger sees it. Made and signed before the clock starts. */
export interface LedgerJob {
  /** Ledger account that pays. */
  readonly wallet: string;
  readonly hold: HoldRequest;
  readonly completed: InferenceCompleted;
}

/** Opens funded accounts and returns their ids. */
export async function openWallets(connection: Mesh, count: number, amountMicro: bigint): Promise<string[]> {
  const run = randomUUID();
  const accountIds = Array.from({ length: count }, (_, index) => `bench-${run}-${index}`);
  for (const accountId of accountIds) {
    const fund = { version: PROTOCOL_VERSION, transferId: randomUUID(), accountId, amountMicro };
    await call(connection, LEDGER_METHODS.fund, fund, { timeoutMs: 10_000 });
  }
  return accountIds;
}

const workers: readonly Identity[] = Array.from({ length: WORKERS }, generateIdentity);

/** Jobs of the accounts in turn, run by a few workers in turn. */
export function ledgerJobs(accountIds: readonly string[], count: number): LedgerJob[] {
  return Array.from({ length: count }, (_, index) => {
    const accountId = accountIds[index % accountIds.length] ?? "";
    const worker = workers[index % workers.length] ?? generateIdentity();
    return ledgerJob(accountId, worker);
  });
}

function ledgerJob(accountId: string, worker: Identity): LedgerJob {
  const jobId = randomUUID();
  const hold = {
    version: PROTOCOL_VERSION,
    jobId,
    accountId,
    amountMaxMicro: HOLD_MICRO,
    amountMinMicro: CHARGE_MICRO,
    timeoutMs: HOLD_TIMEOUT_MS,
  };
  const times = { startedUnixMs: Date.now(), firstTokenUnixMs: Date.now(), finishedUnixMs: Date.now() };
  const receipt = signReceipt(worker, {
    ...times,
    jobId,
    lease: 1,
    requesterId: "bench",
    workerId: worker.id,
    model: MODEL,
    modelDigest: MODEL_DIGEST,
    outcome: Outcome.COMPLETED,
    promptTokens: PROMPT_TOKENS,
    completionTokens: COMPLETION_TOKENS,
    resumedTokens: 0,
    outputSha256: createHash("sha256").update(jobId).digest(),
  });
  const completed = {
    version: PROTOCOL_VERSION,
    jobId,
    accountId,
    requesterId: "bench",
    workerId: worker.id,
    model: MODEL,
    modelDigest: MODEL_DIGEST,
    promptTokens: PROMPT_TOKENS,
    completionTokens: COMPLETION_TOKENS,
    promptPriceMicro: PROMPT_PRICE_MICRO,
    completionPriceMicro: COMPLETION_PRICE_MICRO,
    outcome: Outcome.COMPLETED,
    doneReason: "length",
    receipt,
    leases: 1,
    startedUnixMs: times.startedUnixMs,
    finishedUnixMs: times.finishedUnixMs,
  };
  return { wallet: `wallet:${accountId}`, hold, completed };
}
