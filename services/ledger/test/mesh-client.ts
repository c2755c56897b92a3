import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import { call, ensureEventsStream, jetstreamOf, LEDGER_METHODS, type Mesh } from "@flock/mesh";
import {
  type BalanceReply,
  EVENTS,
  encode,
  type FundReply,
  type HoldReply,
  InferenceCompleted,
  InferenceFailed,
  LedgerTransferred,
  Outcome,
  PROTOCOL_VERSION,
  STREAMS,
  type StatementReply,
} from "@flock/proto";

const version = PROTOCOL_VERSION;
const timeoutMs = 3_000;

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

/** What other services do with a ledger. */
export class MeshClient {
  readonly mesh: Mesh;
  #messages = 0;

  constructor(mesh: Mesh) {
    this.mesh = mesh;
  }

  hold(jobId: string, accountId: string, amount: bigint, holdTimeoutMs = 600_000): Promise<HoldReply> {
    const request = {
      version,
      jobId,
      accountId,
      amountMaxMicro: amount,
      amountMinMicro: 1n,
      timeoutMs: holdTimeoutMs,
    };
    return call(this.mesh, LEDGER_METHODS.hold, request, { timeoutMs });
  }

  fund(transferId: string, accountId: string, amount: bigint): Promise<FundReply> {
    const request = { version, transferId, accountId, amountMicro: amount };
    return call(this.mesh, LEDGER_METHODS.fund, request, { timeoutMs });
  }

  balance(ledgerAccount: string): Promise<BalanceReply> {
    return call(this.mesh, LEDGER_METHODS.balance, { version, ledgerAccount }, { timeoutMs });
  }

  statement(ledgerAccount: string, cursor = "", limit = 0): Promise<StatementReply> {
    return call(
      this.mesh,
      LEDGER_METHODS.statement,
      { version, ledgerAccount, cursor, limit },
      { timeoutMs },
    );
  }

  /** A completed job of `tokens` completion tokens at 1 µLLAMA. Each call is a message of its own. */
  completed(jobId: string, accountId: string, tokens: number, workerId = "worker"): Promise<void> {
    const event = {
      version,
      jobId,
      accountId,
      requesterId: "requester",
      workerId,
      model: "flock-tiny:latest",
      modelDigest: "0".repeat(64),
      promptTokens: 0,
      completionTokens: tokens,
      promptPriceMicro: 1n,
      completionPriceMicro: 1n,
      outcome: Outcome.COMPLETED,
      doneReason: "stop",
      receipt: { receipt: new TextEncoder().encode(jobId), signature: new Uint8Array(64), signer: workerId },
      leases: 1,
      startedUnixMs: 1_700_000_000_000,
      finishedUnixMs: 1_700_000_001_000,
    };
    return this.publish(EVENTS.inferenceCompleted, encode(InferenceCompleted, event));
  }

  failed(jobId: string, accountId: string): Promise<void> {
    const event = {
      version,
      jobId,
      accountId,
      requesterId: "requester",
      model: "m",
      code: "unavailable",
      leases: 8,
    };
    return this.publish(EVENTS.inferenceFailed, encode(InferenceFailed, { ...event, finishedUnixMs: 1 }));
  }

  async publish(subject: string, payload: Uint8Array): Promise<void> {
    await jetstreamOf(this.mesh).publish(subject, payload, { msgID: `test-${this.#messages++}` });
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
        // Holds and their release move nothing.
        if (["hold", "void", "expire"].includes(transfer.kind)) continue;
        const { debitAccount: from, creditAccount: to, amountMicro } = transfer;
        balances.set(from, (balances.get(from) ?? 0n) - amountMicro);
        balances.set(to, (balances.get(to) ?? 0n) + amountMicro);
      }
      if (--left === 0) break;
    }
    return { balances, transfers: seen.size };
  }
}
