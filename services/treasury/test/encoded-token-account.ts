import { PROGRAMS } from "@flock/solana";
import { AccountLayout, AccountState } from "@solana/spl-token";
import { PublicKey } from "@solana/web3.js";
import type { AccountFacts } from "../src/chain/chain.js";

type Layout = Parameters<typeof AccountLayout.encode>[0];

/** An empty token account as an endpoint tells of it. */
export function encodedTokenAccount(of: Pick<Layout, "mint" | "owner"> & Partial<Layout>): AccountFacts {
  const data = Buffer.alloc(AccountLayout.span);
  const none = {
    delegate: PublicKey.default,
    closeAuthority: PublicKey.default,
    isNative: 0n,
    delegatedAmount: 0n,
  };
  const options = { delegateOption: 0, isNativeOption: 0, closeAuthorityOption: 0 } as const;
  AccountLayout.encode({ ...none, ...options, amount: 0n, state: AccountState.Initialized, ...of }, data);
  return { owner: PROGRAMS.token, data, isExecutable: false };
}
