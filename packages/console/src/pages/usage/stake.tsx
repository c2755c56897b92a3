import { type Account, newRequestId } from "@flockollamas/sdk";
import { formatAmount } from "../../format/amount.js";
import type { NetworkRules } from "./account-data.js";
import { MoveInside } from "./move-inside.js";

/** What every dialog that moves LLAMA is given. */
export interface MoveProps {
  readonly account: Account;
  readonly rules: NetworkRules;
  readonly onClose: () => void;
}

/** From the wallet to the stake: no text is signed, because it stays in the account. */
export function Stake({ account, rules, onClose }: MoveProps) {
  return (
    <MoveInside
      title="Stake"
      maxMicro={account.wallet.availableMicro}
      action="Stake it"
      done={(micro) => `${formatAmount(micro)} is staked.`}
      move={(flock, amountMicro, id) => flock.stakes.stake({ amountMicro, id })}
      makeId={newRequestId}
      onClose={onClose}
    >
      <p>{tierWords(account)}</p>
      <p>
        {rules.hasChain
          ? "What is staked cannot be spent. To get it back you unstake it, and it cools before it is yours again."
          : "This network has no chain: what is staked stays staked."}
      </p>
    </MoveInside>
  );
}

/** The tier now, and what the next one takes. */
export function tierWords({ tier, stakeMicro }: Account): string {
  const now = `You are in tier ${tier.level}: ${tier.requestsPerMinute} requests a minute, ${tier.concurrency} at once.`;
  if (tier.next === null) return `${now} There is no higher one.`;
  const missing = tier.next.stakeMinMicro - stakeMicro;
  return `${now} Tier ${tier.next.level} begins at a stake of ${formatAmount(tier.next.stakeMinMicro)}${
    missing > 0n ? `: ${formatAmount(missing)} more` : ""
  }.`;
}
