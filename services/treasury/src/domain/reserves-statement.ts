import type { MicroLlama } from "@flock/money";

/** What a proof of reserves says. */
export interface Reserves {
  readonly network: string;
  readonly mint: string;
  readonly tokenAccount: string;
  readonly onChain: MicroLlama;
  readonly slot: bigint;
  /** Landed and not yet posted. */
  readonly inFlight: MicroLlama;
  /** Landed and not yet credited. */
  readonly uncredited: MicroLlama;
  readonly ledgerPosition: bigint;
  /** Hex. */
  readonly ledgerHash: string;
  readonly liabilities: readonly { readonly kind: string; readonly sum: MicroLlama }[];
  readonly takenMs: number;
}

/**
 * The text that the treasury's key signs: one fact per line, amounts in µLLAMA, kinds of account in alphabetical order.
 * Anyone can check it: the balance at any RPC, the hash against the published transfers, the sum of the kinds (zero).
 */
export function reservesStatement(reserves: Reserves): string {
  const owed = [...reserves.liabilities].sort((a, b) => (a.kind < b.kind ? -1 : 1));
  return [
    "FlockOllamas reserves",
    `network: ${reserves.network}`,
    `mint: ${reserves.mint}`,
    `token account: ${reserves.tokenAccount}`,
    `on chain: ${reserves.onChain}`,
    `slot: ${reserves.slot}`,
    `paid and not yet posted: ${reserves.inFlight}`,
    `received and not yet credited: ${reserves.uncredited}`,
    `ledger position: ${reserves.ledgerPosition}`,
    `ledger hash: ${reserves.ledgerHash}`,
    ...owed.map(({ kind, sum }) => `ledger ${kind}: ${sum}`),
    `taken: ${new Date(reserves.takenMs).toISOString()}`,
  ].join("\n");
}
