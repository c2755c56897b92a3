import type { MicroLlama } from "@flock/money";

/**
 * Invariant 3: what the ledger says is on chain is what is on chain, apart from what is under way.
 *
 *   −external:solana = holdings + payouts landed but not posted − deposits landed but not credited
 *
 * `holdings` is the sum of all finalized changes of the treasury's token account. What is under way may have reached
 * the ledger already, with the answer still to be written down (or lost in a crash), so each such sum is known only as
 * a range, and the ledger must be inside:
 *
 *   holdings − uncredited ≤ −external:solana ≤ holdings + unposted
 *
 * With nothing under way the range is a point. Example: holdings 1000, a deposit of 50 (part of the 1000) not yet
 * credited, a payout of 30 landed (no longer part of the 1000) and not yet posted: the ledger may say 950 to 1030.
 */
export interface BooksView {
  /** On chain, finalized, by the treasury's own record. */
  readonly holdings: MicroLlama;
  readonly unposted: MicroLlama;
  readonly uncredited: MicroLlama;
  /** Balance of `external:solana`: not positive. */
  readonly external: MicroLlama;
}

export type BooksFinding =
  | { readonly kind: "equal" }
  /** Within what is under way. */
  | { readonly kind: "consistent" }
  /** `difference`: what the ledger believes to be on chain beyond what can be; negative: less than must be. */
  | { readonly kind: "broken"; readonly difference: bigint };

export function checkBooks(view: BooksView): BooksFinding {
  const believed = -view.external;
  const least = view.holdings - view.uncredited;
  const most = view.holdings + view.unposted;
  if (believed > most) return { kind: "broken", difference: believed - most };
  if (believed < least) return { kind: "broken", difference: believed - least };
  return least === most ? { kind: "equal" } : { kind: "consistent" };
}
