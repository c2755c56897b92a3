import { VersionedMessage } from "@solana/web3.js";
import { z } from "zod";
import { blockHeightOf, lastValidBlockHeightOf } from "../../core/chain.js";
import {
  BLOCKHASH_AGE_MAX,
  LOCAL_GENESIS_HASH,
  SLOTS_PER_CHAIN_EPOCH,
  SOLANA_CORE_VERSION,
} from "../../genesis.js";
import { feeOf } from "../fee.js";
import { type Method, method } from "../method.js";
import { addressSchema, contextSchema, slotSchema } from "../params.js";
import { invalidParams, RPC_CODES, RpcError } from "../rpc-error.js";

const noParams = z.tuple([]);
const contextOnly = z.tuple([contextSchema.optional()]);
/** As on a validator: one entry per recent slot. */
const PRIORITIZATION_FEE_SLOTS = 150;

export const CLUSTER_METHODS: Readonly<Record<string, Method>> = {
  getHealth: method(noParams, () => "ok"),
  getVersion: method(noParams, () => ({ "solana-core": SOLANA_CORE_VERSION, "feature-set": 0 })),
  getGenesisHash: method(noParams, () => LOCAL_GENESIS_HASH),
  getSlot: method(contextOnly, (node, [options]) => node.slotFor(options)),
  getBlockHeight: method(contextOnly, (node, [options]) => blockHeightOf(node.slotFor(options))),
  getTransactionCount: method(contextOnly, (node) => node.chain.history.size),

  getEpochInfo: method(contextOnly, (node, [options]) => {
    const absoluteSlot = node.slotFor(options);
    return {
      absoluteSlot,
      blockHeight: blockHeightOf(absoluteSlot),
      epoch: Math.floor(absoluteSlot / SLOTS_PER_CHAIN_EPOCH),
      slotIndex: absoluteSlot % SLOTS_PER_CHAIN_EPOCH,
      slotsInEpoch: SLOTS_PER_CHAIN_EPOCH,
      transactionCount: node.chain.history.size,
    };
  }),

  getEpochSchedule: method(noParams, () => ({
    slotsPerEpoch: SLOTS_PER_CHAIN_EPOCH,
    leaderScheduleSlotOffset: SLOTS_PER_CHAIN_EPOCH,
    warmup: false,
    firstNormalEpoch: 0,
    firstNormalSlot: 0,
  })),

  getLatestBlockhash: method(contextOnly, (node, [options]) => {
    const slot = node.slotFor(options);
    return node.at(slot, {
      blockhash: node.chain.blockhashes.at(slot),
      lastValidBlockHeight: lastValidBlockHeightOf(slot),
    });
  }),

  isBlockhashValid: method(z.tuple([addressSchema, contextSchema.optional()]), (node, [hash, options]) => {
    const slot = node.slotFor(options);
    const hashSlot = node.chain.blockhashes.slotOf(hash);
    const isValid = hashSlot !== undefined && hashSlot <= slot && slot - hashSlot <= BLOCKHASH_AGE_MAX;
    return node.at(slot, isValid);
  }),

  getBlockTime: method(z.tuple([slotSchema]), (node, [slot]) => {
    const time = node.chain.blockTimeOf(slot);
    if (time !== undefined) return time;
    throw new RpcError(
      RPC_CODES.longTermStorageSlotSkipped,
      `Slot ${slot} was skipped, or missing in long-term storage`,
    );
  }),

  getFeeForMessage: method(
    z.tuple([z.string().max(2_000), contextSchema.optional()]),
    (node, [text, options]) => {
      const slot = node.slotFor(options);
      const message = decodeMessage(text);
      const hashSlot = node.chain.blockhashes.slotOf(message.recentBlockhash);
      const isKnown = hashSlot !== undefined && slot - hashSlot <= BLOCKHASH_AGE_MAX;
      return node.at(slot, isKnown ? feeOf(message) : null);
    },
  ),

  getRecentPrioritizationFees: method(
    z.tuple([z.array(addressSchema).max(128).nullish().optional()]),
    (node) => {
      const newest = node.slot("processed");
      return Array.from({ length: PRIORITIZATION_FEE_SLOTS }, (_, index) => {
        // Blocks here are never full: nobody has to pay to be in one.
        return { slot: newest - PRIORITIZATION_FEE_SLOTS + 1 + index, prioritizationFee: 0 };
      });
    },
  ),
};

function decodeMessage(text: string): VersionedMessage {
  try {
    return VersionedMessage.deserialize(Buffer.from(text, "base64"));
  } catch {
    throw invalidParams("Invalid params: failed to deserialize the message");
  }
}
