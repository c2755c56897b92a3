import { addressOf, PROGRAMS } from "@flock/solana";
import { AccountState } from "@solana/spl-token";
import { Keypair, type PublicKey } from "@solana/web3.js";
import { encodedTokenAccount } from "../../test/encoded-token-account.js";
import type { AccountFacts } from "../chain/chain.js";
import { faultOfOwnAccount } from "./own-account.js";
import { treasuryAccounts } from "./treasury-accounts.js";

const [wallet, mint, stranger] = [Keypair.generate(), Keypair.generate(), Keypair.generate()].map(
  ({ publicKey }) => publicKey,
) as [PublicKey, PublicKey, PublicKey];
const accounts = treasuryAccounts(addressOf(wallet), addressOf(mint));

const tokenAccount = (more: Partial<Parameters<typeof encodedTokenAccount>[0]> = {}) =>
  encodedTokenAccount({ mint, owner: wallet, ...more });

describe("faultOfOwnAccount", () => {
  it("finds nothing wrong with an account of the treasury's wallet, even if it is empty", () => {
    expect(faultOfOwnAccount(tokenAccount(), accounts)).toBeUndefined();
  });

  it.each<[string, AccountFacts | undefined, string]>([
    ["was closed", undefined, "does not exist"],
    [
      "was closed and sent SOL",
      { owner: PROGRAMS.system, data: new Uint8Array(), isExecutable: false },
      "does not exist",
    ],
    ["is frozen", tokenAccount({ state: AccountState.Frozen }), "is frozen"],
    ["is a stranger's", tokenAccount({ owner: stranger }), `was given to ${stranger.toBase58()}`],
    ["is of Token-2022", { ...tokenAccount(), owner: PROGRAMS.token2022 }, "is not one of the classic"],
  ])("says so when it %s", (_, account, fault) => {
    expect(faultOfOwnAccount(account, accounts)).toContain(fault);
  });
});
