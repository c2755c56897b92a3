/*
 * Genesis: the whole supply of 100 billion LLAMA moves from the supply root into the pools, once. The whitepaper gives
 * 95 % to rewards for generation and 5 % to liquidity and dev servers; the 5 % are split evenly.
 *   rewards 95 000 000 000 · liquidity 2 500 000 000 · dev 2 500 000 000 LLAMA
 */
import { splitBps, TOTAL_SUPPLY, ZERO } from "@flock/money";
import { PROTOCOL_ACCOUNTS } from "./account-code.js";
import { type PlannedTransfer, transferId } from "./transfer.js";

/** The kind of the transfers that no operation makes. */
export const GENESIS = "genesis";

/** The first transfers of every ledger, linked. */
export function genesisTransfers(): PlannedTransfer<typeof GENESIS>[] {
  const [rewards = ZERO, liquidity = ZERO, dev = ZERO] = splitBps(TOTAL_SUPPLY, [9_500, 250, 250]);
  const common = { kind: GENESIS, phase: "single", debit: PROTOCOL_ACCOUNTS.supply } as const;
  const linkedId = transferId(GENESIS, "rewards");
  return [
    { ...common, businessId: "rewards", credit: PROTOCOL_ACCOUNTS.rewards, amount: rewards },
    { ...common, businessId: "liquidity", credit: PROTOCOL_ACCOUNTS.liquidity, amount: liquidity, linkedId },
    { ...common, businessId: "dev", credit: PROTOCOL_ACCOUNTS.dev, amount: dev, linkedId },
  ];
}
