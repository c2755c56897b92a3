import { type Part, repeat } from "@flock/mesh";
import type { Chain, HistoryEntry } from "../chain/chain.js";
import { type EndpointView, type Judgement, judgeBatch, type Unreachable } from "../domain/batch.js";
import { bisect } from "../domain/cohort.js";
import { type ChainTransaction, type Movement, readMovement } from "../domain/movement.js";
import {
  concludeExpired,
  concludeFailed,
  concludeLanded,
  type LiveBatch,
  liveBatches,
} from "../store/batches.js";
import { halt, type Treasury } from "../treasury.js";
import { groupBy } from "./group-by.js";

const BATCHES_PER_ROUND = 1_024;
/** What one request may ask for. */
const SIGNATURES_PER_REQUEST = 256;
const HISTORY_PER_REQUEST = 1_000;
const PARALLEL = 8;

export interface BatchWatcherOptions {
  readonly intervalMs: number;
  readonly marginBlocks: bigint;
}

/**
 * Finds out what became of the batches, by asking every endpoint, and concludes them (the rule: domain/batch.ts). Runs
 * also while payouts are stopped: what was sent has an end, and knowing it moves no money.
 */
export class BatchWatcher implements Part {
  readonly name = "batch watcher";
  readonly #treasury: Treasury;
  readonly #options: BatchWatcherOptions;

  constructor(treasury: Treasury, options: BatchWatcherOptions) {
    this.#treasury = treasury;
    this.#options = options;
  }

  async start(stop: AbortSignal): Promise<void> {
    const { intervalMs } = this.#options;
    const { logger } = this.#treasury;
    await repeat({ name: this.name, logger, intervalMs }, () => this.round().then(() => false), stop);
  }

  async round(): Promise<void> {
    const { db, endpoints } = this.#treasury;
    const batches = await liveBatches(db.kysely, BATCHES_PER_ROUND);
    if (batches.length === 0) return;
    const views = await Promise.all(endpoints.all.map((chain) => viewsOf(chain, batches)));
    const expired: LiveBatch[] = [];
    const queue = batches.entries();
    const judge = async (): Promise<void> => {
      for (const [index, batch] of queue) {
        const judgement = judgeBatch(
          batch,
          views.map((view) => view(index)),
          this.#options.marginBlocks,
        );
        if (judgement.kind === "expired") expired.push(batch);
        else await this.#conclude(batch, judgement);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, judge));
    if (expired.length > 0) await this.#expire(expired);
  }

  async #conclude(batch: LiveBatch, judgement: Exclude<Judgement, { kind: "expired" }>): Promise<void> {
    const { db, metrics, logger } = this.#treasury;
    switch (judgement.kind) {
      case "wait":
        return;
      case "contradiction":
        return await halt(this.#treasury, "batch", `batch ${batch.id}: ${judgement.detail}`, {
          signature: batch.signature,
        });
      case "landed":
        return await this.#land(batch, judgement.slot);
      case "failed":
        if (!(await concludeFailed(db.kysely, batch, judgement.error, (count) => bisect(batch.id, count))))
          return;
        metrics.batch("failed");
        logger.warn({ batchId: batch.id, error: judgement.error }, "a batch failed on chain, it is bisected");
        return;
    }
  }

  /** Believes that a batch landed when the transaction itself shows that it did what it was signed for. */
  async #land(batch: LiveBatch, slot: bigint): Promise<void> {
    const { db, endpoints, metrics, logger } = this.#treasury;
    const answers = await endpoints.each((chain) => chain.transaction(batch.signature));
    const chainTx = answers.find((answer) => answer !== undefined);
    // Its status is known before its details are, at an endpoint that lags.
    if (chainTx === undefined) return;
    const wrong = faultOf(batch, chainTx);
    if (wrong !== undefined)
      return await halt(this.#treasury, "batch", `batch ${batch.id} landed, but ${wrong}`, {
        signature: batch.signature,
      });
    if (!(await concludeLanded(db.kysely, batch, this.#movementOf(batch, chainTx), slot))) return;
    metrics.batch("finalized");
    logger.info({ batchId: batch.id, signature: batch.signature, slot: String(slot) }, "batch finalized");
  }

  #movementOf(batch: LiveBatch, chainTx: ChainTransaction): Movement | undefined {
    if (batch.purpose !== "payouts") return undefined;
    return readMovement(chainTx, {
      treasury: this.#treasury.signer.address,
      depositMin: this.#treasury.limits().depositMin,
      isOurBatch: true,
      loss: 0n,
      referenced: [],
    });
  }

  /**
   * The last look before payouts are signed again: no endpoint takes the blockhash any more, and no finalized history
   * has the signature, or the memo that only this batch has. An endpoint that does not answer is waited for.
   */
  async #expire(batches: readonly LiveBatch[]): Promise<void> {
    const { db, endpoints, metrics, logger } = this.#treasury;
    for (const group of groupBy(batches, ({ historyAddress }) => historyAddress).values()) {
      const histories = await endpoints.each((chain) => historyFor(chain, group));
      if (histories.some((history) => history === undefined)) continue;
      const entries = histories.flatMap((history) => history ?? []);
      for (const batch of group) {
        const found = entries.find(
          ({ signature, memo }) => signature === batch.signature || memo.includes(batch.memo),
        );
        const isUsable = (await endpoints.each((chain) => chain.isBlockhashValid(batch.blockhash))).some(
          (isValid) => isValid !== false,
        );
        if (found !== undefined)
          await halt(
            this.#treasury,
            "batch",
            `batch ${batch.id} is past its validity and unknown everywhere, but the account's history has ${found.signature}`,
          );
        else if (!isUsable && (await concludeExpired(db.kysely, batch))) {
          metrics.batch("expired");
          logger.warn({ batchId: batch.id, signature: batch.signature }, "batch expired, it is signed anew");
        }
      }
    }
  }
}

/** What one endpoint says about the batches, by their index. Its block height is asked for first. */
async function viewsOf(
  chain: Chain,
  batches: readonly LiveBatch[],
): Promise<(index: number) => EndpointView | Unreachable> {
  const { endpoint } = chain;
  try {
    const finalizedBlockHeight = await chain.finalizedBlockHeight();
    const signatures = batches.map(({ signature }) => signature);
    const statuses: Awaited<ReturnType<Chain["statuses"]>> = [];
    for (let from = 0; from < signatures.length; from += SIGNATURES_PER_REQUEST)
      statuses.push(...(await chain.statuses(signatures.slice(from, from + SIGNATURES_PER_REQUEST))));
    return (index) => ({ endpoint, finalizedBlockHeight, status: statuses[index] });
  } catch {
    // Away, or half an answer: judged as not heard.
    return () => ({ endpoint, unreachable: true });
  }
}

/** The finalized history of the batches' account, back to before the oldest of them was signed. */
async function historyFor(chain: Chain, batches: readonly LiveBatch[]): Promise<HistoryEntry[]> {
  const address = batches[0]?.historyAddress ?? "";
  const oldest = batches.map(({ minContextSlot }) => minContextSlot).sort(compare)[0] ?? 0n;
  const entries: HistoryEntry[] = [];
  for (;;) {
    const page = await chain.history(address, HISTORY_PER_REQUEST, entries.at(-1)?.signature);
    entries.push(...page);
    const last = page.at(-1);
    // Not by the length of a page: an endpoint may give less than it was asked for.
    if (last === undefined || last.slot < oldest) return entries;
  }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a landed transaction did otherwise than the batch says; undefined: nothing. */
function faultOf(batch: LiveBatch, chainTx: ChainTransaction): string | undefined {
  if (chainTx.error !== undefined) return `its transaction failed: ${chainTx.error}`;
  if (!chainTx.memos.includes(batch.memo)) return "its transaction has another memo";
  if (chainTx.delta !== -batch.total)
    return `the token account changed by ${chainTx.delta} instead of ${-batch.total}`;
  return undefined;
}
