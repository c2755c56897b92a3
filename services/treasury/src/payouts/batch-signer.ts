import { type Part, repeat } from "@flock/mesh";
import { type MicroLlama, microLlama } from "@flock/money";
import { isOwnAccountFit } from "../books/own-account-check.js";
import { type Fees, NEW_ACCOUNT_LAMPORTS, SIGNATURE_LAMPORTS } from "../chain/fees.js";
import { toBaseUnits } from "../domain/base-units.js";
import { FAILURES_MAX, isolate } from "../domain/cohort.js";
import { utcDay } from "../domain/limits.js";
import { payoutMemo } from "../domain/memos.js";
import { type PackedBatch, packBatches, TRANSACTION_BYTES_MAX } from "../domain/pack-batches.js";
import type { WaitingPayout } from "../domain/payout.js";
import type { PreparedTransfer } from "../solana/transactions.js";
import { batchesUnderWay } from "../store/batches.js";
import {
  advancePayout,
  assignCohorts,
  dayTotals,
  type QueuedPayout,
  waitingPayouts,
} from "../store/payouts.js";
import { type Treasury, whyStopped } from "../treasury.js";
import { groupBy } from "./group-by.js";
import { inspectRecipients, type Recipient } from "./recipient-inspection.js";
import { newBatchId, TransactionSigner } from "./transaction-signer.js";

const PAYOUTS_PER_ROUND = 300;
const BATCHES_PER_ROUND = 16;
/** Fewer do not fill a transaction, even if all of them are new. */
const PAYOUTS_PER_BATCH_MIN = 9;
const INTERVAL_MS = 200;
/** A batch from this size on has no room worth waiting for. */
const FULL_BYTES = TRANSACTION_BYTES_MAX * 0.9;
export interface BatchSignerOptions {
  /** How long the oldest payout of a batch that is not full waits for others. */
  readonly collectMs: number;
}

interface Item {
  readonly payout: QueuedPayout;
  readonly recipient: Recipient;
  readonly transfer: PreparedTransfer;
}

/**
 * Makes batches of the payouts that wait, signs them and stores them; sending is the sender's. Everything up to the
 * storing can be repeated or lost without a trace.
 */
export class BatchSigner implements Part {
  readonly name = "batch signer";
  readonly #treasury: Treasury;
  readonly #fees: Fees;
  readonly #options: BatchSignerOptions;
  readonly #signer: TransactionSigner;
  /** Bytes of a transaction with these transfers; a batch's id, and so its memo, is always of the same length. */
  readonly #measure: (transfers: readonly PreparedTransfer[]) => number;

  constructor(treasury: Treasury, fees: Fees, options: BatchSignerOptions) {
    this.#treasury = treasury;
    this.#fees = fees;
    this.#options = options;
    this.#signer = new TransactionSigner(treasury, fees);
    this.#measure = treasury.transactions.measuring(payoutMemo(newBatchId()));
  }

  async start(stop: AbortSignal): Promise<void> {
    const { logger } = this.#treasury;
    await repeat({ name: this.name, logger, intervalMs: INTERVAL_MS }, () => this.round(), stop);
  }

  /** True: more payouts wait, and can be signed at once. */
  async round(): Promise<boolean> {
    const { db } = this.#treasury;
    if ((await whyStopped(this.#treasury)) !== undefined) return false;
    const waiting = await this.#withinDay(await waitingPayouts(db.kysely, PAYOUTS_PER_ROUND));
    if (!this.#isWorthALook(waiting)) return false;
    const batches = this.#ripe(await this.#inspect(waiting));
    if (batches.length === 0 || !(await isOwnAccountFit(this.#treasury))) return false;
    let advanced = 0;
    for (const batch of batches) if (await this.#sign(batch)) advanced += 1;
    return advanced > 0;
  }

  /** False while all that waits is a few new payouts: others may come, and asking the chain about them is not free. */
  #isWorthALook(waiting: readonly QueuedPayout[]): boolean {
    const dueBefore = this.#treasury.clock.unixMs() - this.#options.collectMs;
    return (
      waiting.length >= PAYOUTS_PER_BATCH_MIN ||
      waiting.some(({ cohort, waitingSince }) => cohort !== "" || waitingSince.getTime() <= dueBefore)
    );
  }

  /** Those that the day's limit leaves room for; what is signed for the second time was counted. */
  async #withinDay(waiting: readonly QueuedPayout[]): Promise<QueuedPayout[]> {
    const { db, clock } = this.#treasury;
    const { signed } = await dayTotals(db.kysely, utcDay(clock.unixMs()));
    let room = this.#treasury.limits().payoutDailyMax - signed;
    return waiting.filter((payout) => {
      if (payout.wasSigned) return true;
      if (payout.amount > room) return false;
      room -= payout.amount;
      return true;
    });
  }

  /** Gives up those whose recipients cannot be paid (any more). */
  async #inspect(waiting: readonly QueuedPayout[]): Promise<Item[]> {
    const findings = await inspectRecipients(
      this.#treasury,
      waiting.map(({ recipient }) => recipient),
    );
    const items: Item[] = [];
    for (const payout of waiting) {
      const finding = findings.get(payout.recipient);
      if (payout.failures >= FAILURES_MAX)
        await this.#giveUp(payout, `${payout.failures} transactions with this payout alone have failed`);
      else if (finding?.kind === "payable") items.push(this.#itemOf(payout, finding.recipient));
      else if (finding !== undefined) await this.#giveUp(payout, finding.reason);
    }
    return items;
  }

  async #giveUp(payout: WaitingPayout, reason: string): Promise<void> {
    const { db, logger, metrics } = this.#treasury;
    if (!(await advancePayout(db.kysely, payout.id, "reserved", "rejected", reason))) return;
    metrics.payout("rejected");
    logger.warn({ payoutId: payout.id, reason }, "a payout cannot be paid and is given back");
  }

  /** Batches of each cohort that are full, or have waited long enough, or have failed before. */
  #ripe(items: readonly Item[]): PackedBatch<Item>[] {
    const cohorts = groupBy(items, ({ payout }) => payout.cohort);
    const nowUnixMs = this.#treasury.clock.unixMs();
    const ripe: PackedBatch<Item>[] = [];
    for (const [cohort, members] of cohorts) {
      const packed = packBatches(
        members,
        (some) => this.#measure(some.map(({ transfer }) => transfer)),
        BATCHES_PER_ROUND,
      );
      for (const batch of packed) {
        const oldest = Math.min(...batch.items.map(({ payout }) => payout.waitingSince.getTime()));
        const isDue =
          cohort !== "" || batch.bytes >= FULL_BYTES || nowUnixMs - oldest >= this.#options.collectMs;
        if (isDue) ripe.push(batch);
      }
    }
    return ripe.slice(0, BATCHES_PER_ROUND);
  }

  #itemOf(payout: QueuedPayout, recipient: Recipient): Item {
    const transfer = { ...recipient, amount: toBaseUnits(payout.amount) };
    return { payout, recipient, transfer: this.#treasury.transactions.prepare(transfer) };
  }

  /** True: the payouts are signed, or the culprit among them is set apart. */
  async #sign({ items, bytes }: PackedBatch<Item>): Promise<boolean> {
    const { accounts, metrics, logger } = this.#treasury;
    const total = microLlama(items.reduce((sum, { payout }) => sum + payout.amount, 0n));
    if (!(await this.#canAfford(items, total))) return false;
    const id = newBatchId();
    const signing = await this.#signer.sign({
      id,
      purpose: "payouts",
      memo: payoutMemo(id),
      transfers: items.map(({ transfer }) => transfer),
      payouts: items.map(({ payout }) => payout),
      total,
      historyAddress: accounts.tokenAccount,
    });
    if (signing.kind === "would_fail") {
      await this.#setApart(id, items, signing.transfer, signing.error);
      return true;
    }
    const { signature, outcome } = signing;
    logger.info({ batchId: id, signature, payouts: items.length, bytes, outcome }, "batch signed");
    if (outcome !== "stored") return false;
    metrics.batchBytes(bytes);
    return true;
  }

  /** Whether tokens and lamports suffice for this batch beside all that are under way. Says so if they do not. */
  async #canAfford(items: readonly Item[], total: MicroLlama): Promise<boolean> {
    const { db, endpoints, logger } = this.#treasury;
    // In this order: what lands in between is subtracted twice rather than not at all.
    const underWay = await batchesUnderWay(db.kysely);
    const { amount } = await endpoints.any((chain) => chain.holdings());
    if (amount - underWay.total < total) {
      logger.error(
        { holdings: String(amount), underWay: String(underWay.total), total: String(total) },
        "the token account does not hold what is to be paid",
      );
      return false;
    }
    const isNew = items.filter(({ recipient }) => recipient.isNew).length;
    const cost = SIGNATURE_LAMPORTS + BigInt(isNew) * NEW_ACCOUNT_LAMPORTS;
    // As if all that are under way cost as much.
    return await this.#fees.canSpend(cost * (1n + underWay.count));
  }

  /** A batch would fail: sets the payout apart at which it does, or gives it up when it has failed alone before. */
  async #setApart(
    id: string,
    items: readonly Item[],
    culprit: number | undefined,
    error: string,
  ): Promise<void> {
    const { db, logger } = this.#treasury;
    logger.warn({ error, payouts: items.length, culprit }, "a batch would fail");
    const [first] = items;
    if (first === undefined) return;
    if (items.length === 1) {
      const failures = first.payout.failures + 1;
      if (failures >= FAILURES_MAX)
        await this.#giveUp(first.payout, `a transfer to ${first.payout.recipient} fails: ${error}`);
      else await assignCohorts(db.kysely, new Map([[first.payout.id, { cohort: `${id}/x`, failures }]]));
      return;
    }
    const cohorts = isolate(id, first.payout.cohort, items.length, culprit ?? 0);
    await assignCohorts(
      db.kysely,
      new Map(
        items.map(({ payout }, index) => [
          payout.id,
          { cohort: cohorts[index] ?? "", failures: payout.failures },
        ]),
      ),
    );
  }
}
