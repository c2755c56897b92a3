import type { Identity } from "@flock/keys";
import { type Delegation as DelegationFacts, delegationText } from "@flock/orders";
import type { Delegation } from "@flock/proto/jobs";

/** What a wallet writes that lets `key` work for an hour. */
export function delegationBy(
  wallet: Pick<Identity, "id" | "sign">,
  key: string,
  changes: Partial<DelegationFacts> = {},
): Delegation {
  const text = delegationText({
    api: "https://api.example",
    wallet: wallet.id,
    payout: wallet.id,
    key,
    challenge: "7Hq3mB9xZk2LrT5w",
    issuedMs: Date.now(),
    expiresMs: Date.now() + 3_600_000,
    ...changes,
  });
  return { text, signature: wallet.sign(Buffer.from(text)) };
}
