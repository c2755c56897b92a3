import { randomBytes } from "node:crypto";
import { type Part, repeat } from "@flock/mesh";
import { ZERO } from "@flock/money";
import { type Fees, SIGNATURE_LAMPORTS } from "../chain/fees.js";
import { utcDay } from "../domain/limits.js";
import { epochMemo } from "../domain/memos.js";
import { isRefusal } from "../ledger.js";
import {
  batchInstructions,
  COMPUTE_UNITS_MAX,
  signBatch,
  unsignedBytes,
} from "../solana/batch-transaction.js";
import { storeBatch } from "../store/batches.js";
import { type Anchor, markAnchorTold, noteAnchor, unsignedAnchors, untoldAnchors } from "../store/epochs.js";
import type { Treasury } from "../treasury.js";

const ANCHORS_PER_ROUND = 16;
const COMPUTE_MARGIN = 1.2;
const ROOT_BYTES = 32;

/**
 * Writes the root of every closed epoch's statement to the chain as a memo, with the machinery of the payouts: stored
 * before sent, the same bytes until they are finalized or certainly expired; then tells the ledger. Goes on while
 * payouts are stopped: it moves no LLAMA.
 */
export class EpochAnchorer implements Part {
  readonly name = "epoch anchorer";
  readonly #treasury: Treasury;
  readonly #fees: Fees;
  readonly #intervalMs: number;

  constructor(treasury: Treasury, fees: Fees, intervalMs: number) {
    this.#treasury = treasury;
    this.#fees = fees;
    this.#intervalMs = intervalMs;
  }

  async start(stop: AbortSignal): Promise<void> {
    const options = { name: this.name, logger: this.#treasury.logger, intervalMs: this.#intervalMs };
    await repeat(options, () => this.round().then(() => false), stop);
  }

  async round(): Promise<void> {
    const { db, ledger, logger } = this.#treasury;
    for (const anchor of await ledger.closedEpochs()) {
      if (anchor.root.length === ROOT_BYTES) await noteAnchor(db.kysely, anchor);
      else logger.error({ epoch: String(anchor.epoch) }, "a closed epoch has no root");
    }
    for (const anchor of await unsignedAnchors(db.kysely, ANCHORS_PER_ROUND)) await this.#sign(anchor);
    for (const anchor of await untoldAnchors(db.kysely, ANCHORS_PER_ROUND)) {
      try {
        await ledger.epochAnchored(anchor.epoch, anchor.root, anchor.signature);
        await markAnchorTold(db.kysely, anchor.epoch);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        logger.error({ err: error, epoch: String(anchor.epoch) }, "the ledger refuses an anchor");
      }
    }
  }

  async #sign(anchor: Anchor): Promise<void> {
    const { db, endpoints, accounts, signer, clock, logger, metrics } = this.#treasury;
    if (!(await this.#fees.canSpend(SIGNATURE_LAMPORTS))) return;
    const memo = epochMemo(anchor.epoch, anchor.root);
    const measured = batchInstructions([], memo, {
      unitsMax: COMPUTE_UNITS_MAX,
      microLamportsPerUnit: 0n,
    });
    const result = await endpoints.any((chain) => chain.simulate(unsignedBytes(accounts, measured)));
    if (result.kind === "failed")
      return logger.error({ error: result.error, memo }, "an anchor cannot be written");
    const budget = {
      unitsMax: Math.ceil(result.computeUnits * COMPUTE_MARGIN),
      microLamportsPerUnit: await this.#fees.microLamportsPerUnit(),
    };
    const { blockhash, lastValidBlockHeight, slot } = await endpoints.any((chain) => chain.latestBlockhash());
    const message = batchInstructions([], memo, budget);
    const { raw, signature } = await signBatch(accounts, message, blockhash, signer);
    const outcome = await storeBatch(
      db.kysely,
      {
        id: randomBytes(12).toString("base64url"),
        purpose: "anchor",
        signature,
        raw,
        blockhash,
        lastValidBlockHeight,
        minContextSlot: slot,
        memo,
        historyAddress: signer.address,
        total: ZERO,
        epoch: anchor.epoch,
      },
      [],
      { day: utcDay(clock.unixMs()), dailyMax: ZERO },
    );
    if (outcome === "stored") metrics.batch("signed");
    logger.info({ epoch: String(anchor.epoch), signature, outcome }, "anchor signed");
  }
}
