import { type Chain, lastValidBlockHeightOf } from "../core/chain.js";
import type { HistoryEntry } from "../core/history.js";
import { CONFIRMED_AFTER_SLOTS, FINALIZED_AFTER_SLOTS, SOLANA_CORE_VERSION } from "../genesis.js";
import type { AccountImage } from "../vm/vm.js";
import type { Faults } from "./faults.js";
import type { Commitment, ContextOptions } from "./params.js";
import { RPC_CODES, RpcError } from "./rpc-error.js";
import type { SlotClock } from "./slot-clock.js";

/** How far behind the newest slot each commitment is. */
const SLOTS_BEHIND: Readonly<Record<Commitment, number>> = {
  processed: 0,
  confirmed: CONFIRMED_AFTER_SLOTS,
  finalized: FINALIZED_AFTER_SLOTS,
};

/** What an answer says of the state that it is about. */
export interface Context {
  readonly slot: number;
  readonly apiVersion: string;
}

/** One node's view of the chain, with the faults that this node was told to have. */
export class RpcNode {
  readonly chain: Chain;
  readonly faults: Faults;
  readonly clock: SlotClock;

  constructor(chain: Chain, clock: SlotClock, faults: Faults) {
    this.chain = chain;
    this.clock = clock;
    this.faults = faults;
  }

  /** The newest slot that this node has seen at a commitment; default finalized, as everywhere on Solana. */
  slot(commitment: Commitment | null | undefined = "finalized"): number {
    const behind = SLOTS_BEHIND[commitment ?? "finalized"] + this.faults.lagSlots;
    return Math.max(0, this.chain.slot - behind);
  }

  /** The slot to read at. @throws RpcError when the client asks for a newer one. */
  slotFor(options: ContextOptions | null | undefined): number {
    const slot = this.slot(options?.commitment);
    const minimum = options?.minContextSlot ?? 0;
    if (slot >= minimum) return slot;
    throw new RpcError(RPC_CODES.minContextSlotNotReached, "Minimum context slot has not been reached", {
      contextSlot: slot,
    });
  }

  context(slot: number): Context {
    return { slot, apiVersion: SOLANA_CORE_VERSION };
  }

  /** An answer with the context of the slot that it was read at. */
  at<Value>(slot: number, value: Value): { context: Context; value: Value } {
    return { context: this.context(slot), value };
  }

  /** Until which block height the blockhash of `slot` may be used. */
  lastValidBlockHeight(slot: number): number {
    return lastValidBlockHeightOf(slot);
  }

  account(address: string, slot: number): AccountImage | null {
    return this.chain.account(address, slot);
  }

  /** A transaction that this node knows of at a commitment. */
  find(signature: string, commitment: Commitment): HistoryEntry | undefined {
    const entry = this.chain.history.find(signature);
    return entry !== undefined && entry.slot <= this.slot(commitment) ? entry : undefined;
  }

  /** How final a transaction is that this node knows of. */
  commitmentOf({ slot }: HistoryEntry): Commitment {
    if (slot <= this.slot("finalized")) return "finalized";
    return slot <= this.slot("confirmed") ? "confirmed" : "processed";
  }
}
