import { encode } from "@flock/proto";
import { LedgerTransferred } from "@flock/proto/events";
import type { Transfer } from "@flock/proto/ledger";
import { canonicalBytes } from "../domain/chain-hash.js";

/** At most 600 bytes each, so that a message stays below the 64 KiB bound of events. */
const TRANSFERS_PER_EVENT = 100;

/**
 * The transfers of a commit in the forms in which they leave the ledger. They are a few buffers, because each garbage
 * collection would copy thousands of waiting objects, and settlements would wait for that.
 */
export interface EncodedTransfers {
  readonly count: number;
  /** What the hash chain is made of. */
  readonly canonical: Uint8Array;
  /** Cut into events, always at the same places: each an encoded `LedgerTransferred` with nothing but transfers. */
  readonly parts: readonly Uint8Array[];
}

const NOTHING = LedgerTransferred.fromPartial({});

/** @param transfers of one commit, in the order of their sequence numbers. */
export function encodeTransfers(transfers: readonly Transfer[]): EncodedTransfers {
  const parts = Math.ceil(transfers.length / TRANSFERS_PER_EVENT);
  return {
    count: transfers.length,
    canonical: canonicalBytes(transfers),
    parts: Array.from({ length: parts }, (_, part) => {
      const from = part * TRANSFERS_PER_EVENT;
      const event = { ...NOTHING, transfers: transfers.slice(from, from + TRANSFERS_PER_EVENT) };
      return encode(LedgerTransferred, event);
    }),
  };
}
