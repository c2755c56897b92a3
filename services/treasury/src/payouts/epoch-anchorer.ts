import { type Part, repeat } from "@flock/mesh";
import { ZERO } from "@flock/money";
import { type Fees, SIGNATURE_LAMPORTS } from "../chain/fees.js";
import { epochMemo } from "../domain/memos.js";
import { isRefusal } from "../ledger.js";
import { type Anchor, markAnchorTold, noteAnchor, unsignedAnchors, untoldAnchors } from "../store/epochs.js";
import type { Treasury } from "../treasury.js";
import { newBatchId, TransactionSigner } from "./transaction-signer.js";

const ANCHORS_PER_ROUND = 16;
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
  readonly #signer: TransactionSigner;

  constructor(treasury: Treasury, fees: Fees, intervalMs: number) {
    this.#treasury = treasury;
    this.#fees = fees;
    this.#intervalMs = intervalMs;
    this.#signer = new TransactionSigner(treasury, fees);
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

  async #sign({ epoch, root }: Anchor): Promise<void> {
    const { signer, logger } = this.#treasury;
    if (!(await this.#fees.canSpend(SIGNATURE_LAMPORTS))) return;
    const memo = epochMemo(epoch, root);
    const signing = await this.#signer.sign({
      id: newBatchId(),
      purpose: "anchor",
      memo,
      transfers: [],
      payouts: [],
      total: ZERO,
      historyAddress: signer.address,
      epoch,
    });
    if (signing.kind === "would_fail")
      return logger.error({ error: signing.error, memo }, "an anchor cannot be written");
    const { signature, outcome } = signing;
    logger.info({ epoch: String(epoch), signature, outcome }, "anchor signed");
  }
}
