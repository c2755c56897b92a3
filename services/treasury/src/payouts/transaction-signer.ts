import { randomBytes } from "node:crypto";
import type { MicroLlama } from "@flock/money";
import type { Fees } from "../chain/fees.js";
import type { BatchPurpose } from "../domain/batch.js";
import { utcDay } from "../domain/limits.js";
import type { PayoutOrder } from "../domain/payout.js";
import type { PreparedTransfer } from "../solana/transactions.js";
import { type StoreOutcome, storeBatch } from "../store/batches.js";
import type { Treasury } from "../treasury.js";

/** What a simulation used, with room for accounts that change until the transaction lands. */
const COMPUTE_MARGIN = 1.2;
/** Bytes of randomness in a batch's id: unique across restored databases, short in the memo. */
const BATCH_ID_BYTES = 12;

/** A transaction that is to be made, signed and stored. */
export interface TransactionOrder {
  /** From {@link newBatchId}. */
  readonly id: string;
  readonly purpose: BatchPurpose;
  readonly memo: string;
  readonly transfers: readonly PreparedTransfer[];
  /** What the transfers pay, in their order. */
  readonly payouts: readonly PayoutOrder[];
  readonly total: MicroLlama;
  /** Address in whose history it is found when it lands. */
  readonly historyAddress: string;
  /** Of an anchor. */
  readonly epoch?: bigint;
}

export type Signing =
  /** Nothing was signed. `transfer`: the one that fails, if it is one. */
  | { readonly kind: "would_fail"; readonly error: string; readonly transfer: number | undefined }
  | { readonly kind: "signed"; readonly signature: string; readonly outcome: StoreOutcome };

export function newBatchId(): string {
  return randomBytes(BATCH_ID_BYTES).toString("base64url");
}

/**
 * Makes a transaction, signs and stores it: simulates it, gives it the compute that this took and a margin, prices it,
 * puts a fresh blockhash in. Sending is the sender's. Everything up to the storing can be repeated or lost without a
 * trace.
 */
export class TransactionSigner {
  readonly #treasury: Treasury;
  readonly #fees: Fees;

  constructor(treasury: Treasury, fees: Fees) {
    this.#treasury = treasury;
    this.#fees = fees;
  }

  async sign(order: TransactionOrder): Promise<Signing> {
    const { db, endpoints, transactions, signer, clock, metrics } = this.#treasury;
    const { memo, transfers, payouts, ...batch } = order;
    const unsigned = transactions.unsigned(memo, transfers);
    const result = await endpoints.any((chain) => chain.simulate(unsigned.raw));
    if (result.kind === "failed") {
      const { error, instruction } = result;
      const transfer = instruction === undefined ? undefined : unsigned.transferOf[instruction];
      return { kind: "would_fail", error, transfer };
    }
    const budget = {
      unitsMax: Math.ceil(result.computeUnits * COMPUTE_MARGIN),
      microLamportsPerUnit: await this.#fees.microLamportsPerUnit(),
    };
    const { blockhash, lastValidBlockHeight, slot } = await endpoints.any((chain) => chain.latestBlockhash());
    const { raw, signature } = await transactions.sign({ memo, transfers, budget, blockhash }, signer);
    const outcome = await storeBatch(
      db.kysely,
      {
        ...batch,
        memo,
        epoch: order.epoch,
        signature,
        raw,
        blockhash,
        lastValidBlockHeight,
        minContextSlot: slot,
      },
      payouts,
      { day: utcDay(clock.unixMs()), dailyMax: this.#treasury.limits().payoutDailyMax },
    );
    if (outcome === "stored") metrics.batch("signed");
    return { kind: "signed", signature, outcome };
  }
}
