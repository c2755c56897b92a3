import { call, jetstreamOf, LEDGER_METHODS, type Mesh } from "@flock/mesh";
import { EVENTS, encode, InferenceCompleted, Outcome, PROTOCOL_VERSION } from "@flock/proto";

export interface LedgerLoad {
  /** Hold-and-settle pairs in all. */
  readonly pairs: number;
  /** Callers that each wait for their hold before the next; default 512. */
  readonly callers?: number;
  /** Wallets that the holds are spread over; default 1 000. */
  readonly wallets?: number;
  /** Workers that are paid; default 50. */
  readonly workers?: number;
  /** Told apart in job ids, so that runs on one ledger do not meet; default random. */
  readonly runId?: string;
}

export interface LedgerSpeed {
  readonly pairs: number;
  /** From the first hold to the last committed settlement. */
  readonly durationMs: number;
  readonly pairsPerSecond: number;
  /** Of the hold calls, as their callers saw them, in milliseconds. */
  readonly holdP50Ms: number;
  readonly holdP99Ms: number;
}

const PRICE_MICRO = 3n;
const PROMPT_TOKENS = 100;
const COMPLETION_TOKENS = 200;
const HOLD_MICRO = 2n * BigInt(PROMPT_TOKENS + COMPLETION_TOKENS) * PRICE_MICRO;
const CALL_TIMEOUT_MS = 20_000;
const POLL_MS = 20;

/**
 * Loads a running ledger as the mesh does: each caller makes a hold by service call, then publishes the job's
 * `evt.inference.completed`. It ends when the last job is settled, which it sees in the fees that arrived.
 */
export async function driveLedger(mesh: Mesh, load: LedgerLoad): Promise<LedgerSpeed> {
  const { pairs, callers = 512, wallets = 1_000, workers = 50 } = load;
  const runId = load.runId ?? Math.random().toString(36).slice(2, 10);
  // What its jobs may hold at once, and no more: benches must not drain the pool.
  await fundWallets(mesh, runId, wallets, BigInt(Math.ceil(pairs / wallets)) * HOLD_MICRO);
  const feesBefore = await feesOf(mesh);
  const latenciesMs: number[] = [];
  const client = jetstreamOf(mesh);
  let next = 0;

  async function caller(): Promise<void> {
    for (let job = next++; job < pairs; job = next++) {
      const jobId = `${runId}-${job}`;
      const accountId = `${runId}-w${job % wallets}`;
      const startedMs = performance.now();
      await hold(mesh, jobId, accountId);
      latenciesMs.push(performance.now() - startedMs);
      await client.publish(
        EVENTS.inferenceCompleted,
        completed(jobId, accountId, `${runId}-${job % workers}`),
        {
          msgID: jobId,
        },
      );
    }
  }

  const startedMs = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  const feePerJob = feeOf(BigInt(PROMPT_TOKENS + COMPLETION_TOKENS) * PRICE_MICRO);
  while ((await feesOf(mesh)) < feesBefore + BigInt(pairs) * feePerJob) await sleep(POLL_MS);
  const durationMs = performance.now() - startedMs;
  latenciesMs.sort((a, b) => a - b);
  return {
    pairs,
    durationMs,
    pairsPerSecond: (pairs * 1_000) / durationMs,
    holdP50Ms: latenciesMs[Math.floor(pairs * 0.5)] ?? 0,
    holdP99Ms: latenciesMs[Math.floor(pairs * 0.99)] ?? 0,
  };
}

/** The protocol's part at the default share. */
function feeOf(charge: bigint): bigint {
  return charge - (charge * 9_500n) / 10_000n;
}

async function fundWallets(mesh: Mesh, runId: string, wallets: number, amountMicro: bigint): Promise<void> {
  const fund = (wallet: number) =>
    call(
      mesh,
      LEDGER_METHODS.fund,
      {
        version: PROTOCOL_VERSION,
        transferId: `${runId}-w${wallet}`,
        accountId: `${runId}-w${wallet}`,
        amountMicro,
      },
      { timeoutMs: CALL_TIMEOUT_MS },
    );
  await Promise.all(Array.from({ length: wallets }, (_, wallet) => fund(wallet)));
}

async function feesOf(mesh: Mesh): Promise<bigint> {
  const request = { version: PROTOCOL_VERSION, ledgerAccount: "pool:fees" };
  const { postedMicro } = await call(mesh, LEDGER_METHODS.balance, request, { timeoutMs: CALL_TIMEOUT_MS });
  return postedMicro;
}

async function hold(mesh: Mesh, jobId: string, accountId: string): Promise<void> {
  await call(
    mesh,
    LEDGER_METHODS.hold,
    {
      version: PROTOCOL_VERSION,
      jobId,
      accountId,
      amountMaxMicro: HOLD_MICRO,
      amountMinMicro: HOLD_MICRO,
      timeoutMs: 600_000,
    },
    { timeoutMs: CALL_TIMEOUT_MS },
  );
}

function completed(jobId: string, accountId: string, workerId: string): Uint8Array {
  const nowMs = Date.now();
  return encode(InferenceCompleted, {
    version: PROTOCOL_VERSION,
    jobId,
    accountId,
    requesterId: "load",
    workerId,
    model: "flock-tiny:latest",
    modelDigest: "0".repeat(64),
    promptTokens: PROMPT_TOKENS,
    completionTokens: COMPLETION_TOKENS,
    promptPriceMicro: PRICE_MICRO,
    completionPriceMicro: PRICE_MICRO,
    outcome: Outcome.COMPLETED,
    doneReason: "stop",
    receipt: { receipt: new Uint8Array(200), signature: new Uint8Array(64), signer: workerId },
    leases: 1,
    startedUnixMs: nowMs,
    finishedUnixMs: nowMs,
  });
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
