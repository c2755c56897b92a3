import { TOKEN_PROGRAMS } from "@flock/solana";
import type { Vm } from "../vm/vm.js";
import { restoreAccount, type StoredAccount, storeAccount } from "./account-codec.js";
import { addressBytes, addressText } from "./address.js";
import { tokenStateOf } from "./token-account.js";

/**
 * Which token accounts an owner has or ever had: candidates, since ownership can change and an older state may be asked
 * for. A scan of all accounts of the token program would grow with every account.
 */
export class TokenIndex {
  readonly #byOwner = new Map<string, Set<string>>();

  /** Takes note of all that exist. */
  readAll(vm: Vm): void {
    for (const program of TOKEN_PROGRAMS) {
      for (const { address, account } of vm.programAccounts(addressBytes(program))) {
        this.seen(addressText(address), storeAccount(account));
      }
    }
  }

  /** Takes note of an account's state, whatever kind of account it is. */
  seen(address: string, account: StoredAccount): void {
    if (account === null || !TOKEN_PROGRAMS.includes(account[1])) return;
    const state = tokenStateOf(restoreAccount(account));
    if (state?.type !== "account") return;
    const known = this.#byOwner.get(state.owner);
    if (known === undefined) this.#byOwner.set(state.owner, new Set([address]));
    else known.add(address);
  }

  /**
   * Addresses that are or were token accounts of `owner`, in an order that does not depend on when they were noticed.
   */
  candidates(owner: string): readonly string[] {
    return [...(this.#byOwner.get(owner) ?? [])].sort();
  }
}
