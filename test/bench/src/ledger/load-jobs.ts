import { JobEnds } from "@flock/jobs";
import { call, type EventPublisher, type Mesh } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { Checking, type CompletedJob } from "@flock/proto/events";
import { Outcome } from "@flock/proto/jobs";
import { LEDGER } from "@flock/proto/ledger";

/** The jobs that load on a ledger is made of: all alike, spread over wallets and workers. */
export interface JobSpread {
  /** Wallets that the holds are spread over; default 1 000. */
  readonly wallets?: number;
  /** Workers that are paid; default 50. */
  readonly workers?: number;
  /** Told apart in job ids, so that runs on one ledger do not meet; default random. */
  readonly runId?: string;
}

const PRICE_MICRO = 3n;
const PROMPT_TOKENS = 100;
const COMPLETION_TOKENS = 200;
/** What each job costs, of which the protocol gets its part. */
const CHARGE_MICRO = BigInt(PROMPT_TOKENS + COMPLETION_TOKENS) * PRICE_MICRO;
export const HOLD_MICRO = 2n * CHARGE_MICRO;
export const HOLD_TIMEOUT_MS = 600_000;
const CALL_TIMEOUT_MS = 20_000;
/** Made once: a generator of so many jobs a second should not be measured by how it makes receipts. */
const RECEIPT = { receipt: new Uint8Array(200), signature: new Uint8Array(64) };
/** As many as it takes to serve so many requests: an api process serves about a thousand a second. */
const REQUESTERS = 8;

/** Jobs of one run, by number, on a running ledger. */
export class LoadJobs {
  readonly #mesh: Mesh;
  readonly #runId: string;
  readonly #wallets: number;
  readonly #workers: number;

  constructor(mesh: Mesh, spread: JobSpread) {
    this.#mesh = mesh;
    this.#runId = spread.runId ?? Math.random().toString(36).slice(2, 10);
    this.#wallets = spread.wallets ?? 1_000;
    this.#workers = spread.workers ?? 50;
  }

  idOf(job: number): string {
    return `${this.#runId}-${job}`;
  }

  /** Funds the wallets with what `jobs` may hold at once, and no more: benches must not drain the pool. */
  async fund(jobs: number): Promise<void> {
    const amountMicro = BigInt(Math.ceil(jobs / this.#wallets)) * HOLD_MICRO;
    const fund = (wallet: number) => {
      const accountId = this.#walletOf(wallet);
      const request = { version: PROTOCOL_VERSION, transferId: accountId, accountId, amountMicro };
      return call(this.#mesh, LEDGER.fund, request, { timeoutMs: CALL_TIMEOUT_MS });
    };
    await Promise.all(Array.from({ length: this.#wallets }, (_, wallet) => fund(wallet)));
  }

  async hold(job: number): Promise<void> {
    const request = {
      version: PROTOCOL_VERSION,
      jobId: this.idOf(job),
      accountId: this.#walletOf(job),
      amountMaxMicro: HOLD_MICRO,
      amountMinMicro: HOLD_MICRO,
      timeoutMs: HOLD_TIMEOUT_MS,
    };
    await call(this.#mesh, LEDGER.hold, request, { timeoutMs: CALL_TIMEOUT_MS });
  }

  /** Tells of ended jobs as the api processes of a network would. */
  ends(events: Pick<EventPublisher, "publish" | "flush">): (job: CompletedJob) => void {
    const requesters = Array.from(
      { length: REQUESTERS },
      (_, requester) => new JobEnds(events, `${this.#runId}-r${requester}`),
    );
    let next = 0;
    return (job) => requesters[next++ % REQUESTERS]?.completed(job);
  }

  /** The facts of a job that has ended. */
  completed(job: number): CompletedJob {
    const nowMs = Date.now();
    const workerId = `${this.#runId}-k${job % this.#workers}`;
    return {
      jobId: this.idOf(job),
      accountId: this.#walletOf(job),
      workerId,
      model: "flock-tiny:latest",
      modelDigest: "0".repeat(64),
      checking: Checking.UNSPECIFIED,
      promptTokens: PROMPT_TOKENS,
      completionTokens: COMPLETION_TOKENS,
      promptPriceMicro: PRICE_MICRO,
      completionPriceMicro: PRICE_MICRO,
      outcome: Outcome.COMPLETED,
      doneReason: "stop",
      receipt: { receipt: RECEIPT.receipt, signature: RECEIPT.signature, signer: workerId },
      leases: 1,
      startedUnixMs: nowMs,
      finishedUnixMs: nowMs,
      traceparent: "",
      keyId: "",
      heldMicro: 0n,
      isFree: false,
      payeeId: "",
      ...{ queueMs: 0, claimMs: 0, prefillMs: 0, decodeMs: 0 },
    };
  }

  /** What all fees ever paid add up to: how the load sees that its last job is settled. */
  async fees(): Promise<bigint> {
    const request = { version: PROTOCOL_VERSION, ledgerAccount: "pool:fees" };
    const reply = await call(this.#mesh, LEDGER.balance, request, { timeoutMs: CALL_TIMEOUT_MS });
    return reply.postedMicro;
  }

  #walletOf(job: number): string {
    return `${this.#runId}-w${job % this.#wallets}`;
  }
}

/** The protocol's part of `jobs` jobs at the default share. */
export function feesOf(jobs: number): bigint {
  return BigInt(jobs) * (CHARGE_MICRO - (CHARGE_MICRO * 9_500n) / 10_000n);
}

/** The value below which `share` (0 to 1) of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
