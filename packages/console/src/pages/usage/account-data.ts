import type { Account, DepositInstructions, Network } from "@flockollamas/sdk";
import type { UseQueryResult } from "@tanstack/react-query";
import { useOpenAsked, useOwnAsked } from "../../data/asked.js";
import { microOf } from "../../format/amount.js";

/** What the account has. Asked for often: actions that move LLAMA are off while it is not known. */
export function useAccount(): UseQueryResult<Account> {
  return useOwnAsked(["account"], (flock, signal) => flock.account.get({ signal }), { every: 10_000 });
}

export interface NetworkRules {
  /** LLAMA goes in and out. */
  readonly hasChain: boolean;
  readonly cooldownMs: number | null;
  readonly withdrawalMinMicro: bigint | null;
}

/** What the network says of deposits, withdrawals and stakes; `null`: not known yet. */
export function useRules(): NetworkRules | null {
  const { data } = useOpenAsked(["network"], (flock, signal) => flock.network.get({ signal }));
  return data === undefined ? null : rulesOf(data);
}

function rulesOf({ chain, parameters: { values } }: Network): NetworkRules {
  const seconds = Number(values["unstakeCooldownSeconds"]);
  return {
    hasChain: chain !== null,
    cooldownMs: Number.isFinite(seconds) ? seconds * 1_000 : null,
    withdrawalMinMicro: microOf(values["payoutMinMicro"]),
  };
}

export function useDepositInstructions(isNeeded: boolean): UseQueryResult<DepositInstructions> {
  return useOwnAsked(["deposit"], (flock, signal) => flock.deposits.instructions({ signal }), {
    enabled: isNeeded,
  });
}
