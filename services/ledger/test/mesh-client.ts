import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import { call, ensureEventsStream, jetstreamOf, type Mesh } from "@flock/mesh";
import { EVENTS, encode, PROTOCOL_VERSION, type ServiceMethod, STREAMS } from "@flock/proto";
import {
  Checking,
  type CompletedJob,
  InferenceCompleted,
  InferenceFailed,
  LedgerTransferred,
} from "@flock/proto/events";
import { Outcome } from "@flock/proto/jobs";
import {
  type BalanceReply,
  type FundReply,
  type HoldReply,
  LEDGER,
  type StatementReply,
} from "@flock/proto/ledger";

const version = PROTOCOL_VERSION;
const PUBLISH_TIMEOUT_MS = 1_000;

/** The same again until it is answered, as every caller of an idempotent method may do. */
export async function insist<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (FlockError.from(error).retry === "never") throw error;
      await sleep(20);
    }
  }
}

/** A signature such as Solana's, another one for each name (of at most 43 characters). */
export function signatureOf(name: string): string {
  const hex = Buffer.from(name).toString("hex");
  return `${hex.replaceAll("0", "g")}z`.padEnd(88, "1");
}

/** What other services do with a ledger. */
export class MeshClient {
  readonly mesh: Mesh;
  readonly #timeoutMs: number;
  #messages = 0;

  /** @param timeoutMs how long a call is waited for; default 3 000. */
  constructor(mesh: Mesh, timeoutMs = 3_000) {
    this.mesh = mesh;
    this.#timeoutMs = timeoutMs;
  }

  /** Calls any method of the ledger. */
  ask<Request extends { version: number }, Reply extends { version: number }>(
    method: ServiceMethod<Request, Reply>,
    request: Omit<Request, "version">,
  ): Promise<Reply> {
    // CAST: all that Omit has taken away is put back.
    return call(this.mesh, method, { version, ...request } as Request, { timeoutMs: this.#timeoutMs });
  }

  hold(jobId: string, accountId: string, amount: bigint, timeoutMs = 600_000): Promise<HoldReply> {
    const amounts = { amountMaxMicro: amount, amountMinMicro: 1n };
    return this.ask(LEDGER.hold, { jobId, accountId, ...amounts, timeoutMs });
  }

  fund(transferId: string, accountId: string, amount: bigint): Promise<FundReply> {
    return this.ask(LEDGER.fund, { transferId, accountId, amountMicro: amount });
  }

  balance(ledgerAccount: string): Promise<BalanceReply> {
    return this.ask(LEDGER.balance, { ledgerAccount });
  }

  statement(ledgerAccount: string, cursor = "", limit = 0): Promise<StatementReply> {
    return this.ask(LEDGER.statement, { ledgerAccount, cursor, limit });
  }

  /** A completed job of `tokens` completion tokens at 1 µLLAMA. Each call is a message of its own. */
  completed(jobId: string, accountId: string, tokens: number, workerId = "worker"): Promise<void> {
    return this.completedJobs([this.completedJob(jobId, accountId, tokens, workerId)]);
  }

  completedJob(jobId: string, accountId: string, tokens: number, workerId = "worker"): CompletedJob {
    return {
      jobId,
      accountId,
      workerId,
      model: "flock-tiny:latest",
      modelDigest: "0".repeat(64),
      promptTokens: 0,
      completionTokens: tokens,
      promptPriceMicro: 1n,
      completionPriceMicro: 1n,
      outcome: Outcome.COMPLETED,
      checking: Checking.UNSPECIFIED,
      doneReason: "stop",
      receipt: { receipt: new TextEncoder().encode(jobId), signature: new Uint8Array(64), signer: workerId },
      leases: 1,
      startedUnixMs: 1_700_000_000_000,
      finishedUnixMs: 1_700_000_001_000,
      traceparent: "",
      keyId: "",
      heldMicro: 0n,
      isFree: false,
      payeeId: "",
      ...{ queueMs: 0, claimMs: 0, prefillMs: 0, decodeMs: 0 },
    };
  }

  /** All in one message. */
  completedJobs(jobs: CompletedJob[]): Promise<void> {
    const event = { version, requesterId: "requester", jobs };
    return this.publish(EVENTS.inferenceCompleted, encode(InferenceCompleted, event));
  }

  failed(jobId: string, accountId: string, isFree = false): Promise<void> {
    const job = {
      jobId,
      accountId,
      model: "m",
      code: "unavailable",
      leases: 8,
      finishedUnixMs: 1,
      traceparent: "",
      isFree,
    };
    const event = { version, requesterId: "requester", jobs: [job] };
    return this.publish(EVENTS.inferenceFailed, encode(InferenceFailed, event));
  }

  async publish(subject: string, payload: Uint8Array): Promise<void> {
    const msgID = `test-${this.#messages++}`;
    // NATS does not answer for what it was sent when it was away: who tries again should not have to wait for long.
    await jetstreamOf(this.mesh).publish(subject, payload, { msgID, timeout: PUBLISH_TIMEOUT_MS });
  }

  /** Balances that the published transfers add up to, by account, and how many transfers those were. */
  async replayed(): Promise<{ balances: Map<string, bigint>; transfers: number }> {
    await ensureEventsStream(this.mesh);
    const consumer = await jetstreamOf(this.mesh).consumers.get(STREAMS.events, {
      filter_subjects: EVENTS.ledgerTransferred,
    });
    const { num_pending: pending } = await consumer.info();
    const balances = new Map<string, bigint>();
    const seen = new Set<string>();
    if (pending === 0) return { balances, transfers: 0 };
    let left = pending;
    for await (const msg of await consumer.fetch({ max_messages: pending })) {
      for (const transfer of LedgerTransferred.decode(msg.data).transfers) {
        if (seen.has(transfer.transferId)) continue;
        seen.add(transfer.transferId);
        // What is reserved, and its release, move nothing.
        if (["hold", "void", "expire", "payout", "payout_voided"].includes(transfer.kind)) continue;
        const { debitAccount: from, creditAccount: to, amountMicro } = transfer;
        balances.set(from, (balances.get(from) ?? 0n) - amountMicro);
        balances.set(to, (balances.get(to) ?? 0n) + amountMicro);
      }
      if (--left === 0) break;
    }
    return { balances, transfers: seen.size };
  }
}
